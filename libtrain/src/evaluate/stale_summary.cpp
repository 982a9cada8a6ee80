#include <chrono>
#include <set>

#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// Archives and some file systems keep times to two seconds.
constexpr std::chrono::seconds rounding{2};

/// The file that a case of a summary names; empty if it names none.
fs::path named_file(const Json& one, const char* key) {
  const Json name = one.is_object() ? one.value(key, Json()) : Json();
  return name.is_string() ? name.get<std::string>() : "";
}

bool is_newer(const fs::path& file, fs::file_time_type than) {
  std::error_code not_there;
  const auto written = fs::last_write_time(file, not_there);
  return !not_there && written > than + rounding;
}

/// The cases of a summary; none of what is no summary.
Json cases_of(const Json& summary) {
  const Json cases = summary.is_object() ? summary.value("metric_per_case", Json()) : Json();
  return cases.is_array() ? cases : Json::array();
}

/// Names of predictions that are gone from beside a summary, where others are.
std::set<std::string> gone_files(const fs::path& folder, const Json& cases) {
  std::set<std::string> gone;
  std::error_code unreadable;
  for (const Json& one : cases) {
    const fs::path name = named_file(one, "prediction_file").filename();
    if (!name.empty() && !fs::exists(folder / name, unreadable)) gone.insert(name.string());
  }
  return gone.size() < cases.size() ? gone : std::set<std::string>{};  // else it was copied alone
}

/// Names of a summary's files that were written after it. A prediction lies beside its summary,
/// also when both were moved.
std::set<std::string> newer_files(const fs::path& summary_file, const Json& cases) {
  std::set<std::string> names;
  std::error_code not_there;
  const auto written = fs::last_write_time(summary_file, not_there);
  if (not_there) return names;
  for (const Json& one : cases) {
    const fs::path named = named_file(one, "prediction_file");
    const fs::path beside = summary_file.parent_path() / named.filename();
    const fs::path prediction = fs::exists(beside, not_there) ? beside : named;
    for (const fs::path& file : {prediction, named_file(one, "reference_file")})
      if (!file.empty() && is_newer(file, written)) names.insert(file.filename().string());
  }
  return names;
}

}  // namespace

std::string stale_summary(const fs::path& summary_file, const Json& summary) {
  const auto told = [&](const std::string& problem, const std::set<std::string>& names) {
    const std::string more =
        names.size() > 1 ? " and " + std::to_string(names.size() - 1) + " more" : "";
    return summary_file.string() + ": " + problem + " (" + *names.begin() + more +
           "), so its numbers may be those of earlier ones; evaluate the folder again (seg "
           "evaluate)";
  };
  const Json cases = cases_of(summary);
  if (const auto gone = gone_files(summary_file.parent_path(), cases); !gone.empty())
    return told("is about label maps that are gone", gone);
  const auto newer = newer_files(summary_file, cases);
  return newer.empty() ? "" : told("is older than label maps that it is about", newer);
}

}  // namespace seg::train
