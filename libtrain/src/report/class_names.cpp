#include "report/class_names.hpp"

#include <algorithm>

#include "seg/plan/labels.hpp"

namespace seg::train {
namespace {

plan::Labels labels_in(const ReportSources& sources) {
  return sources.dataset ? plan::labels_of(*sources.dataset) : plan::Labels{};
}

}  // namespace

std::vector<std::string> class_names(const ReportSources& sources) {
  return labels_in(sources).foreground_names;
}

SummaryClasses classes_of(const Json& summary, const ReportSources& sources) {
  const plan::Labels labels = labels_in(sources);
  const Json& means = summary.at("mean");
  SummaryClasses classes;
  for (std::size_t i = 0; i < labels.foreground_keys.size(); ++i)
    if (means.contains(labels.foreground_keys[i])) {
      classes.keys.push_back(labels.foreground_keys[i]);
      classes.names.push_back(labels.foreground_names[i]);
    }
  for (const auto& [key, mean] : means.items())
    if (std::ranges::find(classes.keys, key) == classes.keys.end()) {
      classes.keys.push_back(key);
      classes.names.push_back("label " + key);
    }
  return classes;
}

}  // namespace seg::train
