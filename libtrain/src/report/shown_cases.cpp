#include "report/shown_cases.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/sorted_entries.hpp"
#include "report/case_files.hpp"
#include "report/case_volumes.hpp"
#include "report/data_uri.hpp"
#include "seg/data/image.hpp"
#include "seg/train/overlay.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_models = 3, unranked_cases = 3;

std::string web_colour(std::int64_t label) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text = "#";
  for (const int part : overlay_colour(label)) {
    text += digits[part / 16];
    text += digits[part % 16];
  }
  return text;
}

/// Names of the values that label maps hold. Predictions of regions hold those of
/// regions_class_order, which their references explain.
Json legend_of(const ReportSources& sources) {
  Json legend = Json::array();
  if (!sources.dataset) return legend;
  for (const plan::LabelEntry& label : sources.dataset->labels)
    if (label.values.size() == 1 && label.values.front() > 0 && label.name != "ignore")
      legend.push_back({{"value", label.values.front()},
                        {"name", label.name},
                        {"colour", web_colour(label.values.front())}});
  return legend;
}

Json slices_json(const OverlaySlices& slices) {
  Json list = Json::array();
  for (std::size_t i = 0; i < slices.pictures.size(); ++i)
    list.push_back({{"index", slices.indices[i]}, {"image", data_uri(slices.pictures[i])}});
  return list;
}

Json case_json(const ShownCase& shown, const CaseImages& images, const SliceOptions& options) {
  const OverlaySlices slices = overlay_slices(images.input, options);
  const at::Tensor& first = slices.pictures.front();
  return {{"rank", shown.rank},
          {"name", shown.result.name},
          {"group", shown.result.group},
          {"dice", shown.result.dice},
          {"class_dice", shown.result.class_dice},
          {"plane", slices.plane},
          {"of", slices.of},
          {"widest", slices.widest},
          {"width", first.size(1)},
          {"height", first.size(0)},
          {"has_scan", images.has_scan},
          {"has_reference", images.input.reference.defined()},
          {"slices", slices_json(slices)}};
}

/// The evaluations whose cases are shown, in their own order.
std::vector<const Evaluation*> best_of(const std::vector<Evaluation>& evaluations) {
  std::vector<const Evaluation*> best;
  for (const Evaluation& one : evaluations) best.push_back(&one);
  const auto dice = [](const Evaluation* one) { return std::isnan(one->dice) ? -1 : one->dice; };
  std::ranges::stable_sort(best, std::greater<>(), dice);
  if (best.size() > most_models) best.resize(most_models);
  std::ranges::sort(best);
  return best;
}

std::vector<ShownCase> first_predictions(const ReportSources& sources) {
  std::vector<ShownCase> cases;
  for (const fs::path& file : sorted_entries(sources.folder)) {
    if (cases.size() == unranked_cases) break;
    if (data::image_ending(file).empty()) continue;
    const std::string name = data::without_image_ending(file).filename().string();
    cases.push_back({"", {name, "", file, "", {}, std::nan("")}});
  }
  return cases;
}

}  // namespace

std::vector<ShownCase> ranked(const std::vector<CaseResult>& cases) {
  std::vector<CaseResult> sorted = cases;
  std::erase_if(sorted, [](const CaseResult& one) { return std::isnan(one.dice); });
  std::ranges::stable_sort(sorted, std::greater<>(), &CaseResult::dice);
  std::vector<ShownCase> shown;
  if (!sorted.empty()) shown.push_back({"best", sorted.front()});
  if (sorted.size() > 2) shown.push_back({"median", sorted[sorted.size() / 2]});
  if (sorted.size() > 1) shown.push_back({"worst", sorted.back()});
  return shown;
}

Json pictures_content(const ReportSources& sources, const std::vector<Evaluation>& evaluations,
                      const ReportOptions& options, Notices& notices) {
  Json list = Json::array();
  if (options.slices == 0) return list;
  const auto best = best_of(evaluations);
  const auto models = static_cast<std::int64_t>(std::max<std::size_t>(1, best.size()));
  const SliceOptions slices{.most = std::max<std::int64_t>(1, options.slices / models)};
  const CaseFinder finder(sources, options.scans, notices);
  const auto add = [&](const std::string& name, const fs::path& folder,
                       const std::vector<ShownCase>& cases) {
    Json entries = Json::array();
    for (const ShownCase& shown : cases)
      notices.guard(shown.result.prediction, [&] {
        const CaseImages images = finder.read(shown.result, folder);
        entries.push_back(case_json(shown, images, slices));
        if (options.volumes) entries.back()["volumes"] = volumes_json(images);
      });
    if (!entries.empty())
      list.push_back({{"name", name}, {"legend", legend_of(sources)}, {"cases", entries}});
  };
  for (const Evaluation* one : best) add(one->name, one->folder, ranked(one->cases));
  if (best.empty() && sources.kind == "predictions")
    add(sources.folder.filename().string(), sources.folder, first_predictions(sources));
  return list;
}

}  // namespace seg::train
