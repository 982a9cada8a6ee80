#include "seg/train/report.hpp"

#include <ctime>
#include <fstream>

#include "report/plan_content.hpp"
#include "report/record_content.hpp"
#include "report/shown_cases.hpp"
#include "report/training_content.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/version.h"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[sizeof "2000-01-01 00:00 UTC"];
  std::strftime(text, sizeof text, "%F %R UTC", &parts);
  return text;
}

fs::path page_of(const fs::path& folder, const ReportOptions& options) {
  return options.output.empty() ? folder / "report.html" : options.output;
}

bool is_report(const fs::path& page) {
  std::ifstream stream(page);
  std::string start(8192, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start.find(": report of seg</title>") != std::string::npos;
}

/// A page must not take the place of what it is made of, or of what somebody else wrote.
void check_output(const fs::path& page, bool overwrite) {
  require_file_name(page, has_ending(page, ".htm") ? ".htm" : ".html");
  if (fs::exists(page) && !overwrite && !is_report(page))
    throw would_be_replaced(page, "is there already, and no report of seg");
}

void require_volumes(const ReportOptions& options) {
  if (!options.volumes) return;
  if (!report_has_volumes())
    throw Error(SettingValue{"volumes", "on"}, "needs NiiVue, which this build of seg lacks",
                "leave it out, or build with SEG_WITH_REPORT_VOLUMES after scripts/setup.sh --all");
  if (options.slices == 0)
    throw Error(SettingValue{"volumes", "on"},
                "is for the cases that are shown, and with `slices=0` none are",
                "leave one of them out");
}

std::string title_of(const ReportSources& sources) {
  const bool named = sources.dataset && !sources.dataset->name.empty();
  if (sources.kind == "work" && named) return sources.dataset->name;
  return sources.folder.filename().string();
}

}  // namespace

Json report_content(const fs::path& folder, const ReportOptions& options,
                    const Reporter& reporter) {
  Notices notices(reporter);
  const ReportSources sources = find_sources(folder, notices);
  const auto results = evaluations(sources, notices);
  Json evaluated = Json::array();
  for (const Evaluation& one : results) evaluated.push_back(one.content);
  Json content{{"title", title_of(sources)},
               {"kind", sources.kind},
               {"folder", sources.folder.string()},
               {"made", now()},
               {"version", SEG_VERSION_STRING},
               {"dataset", dataset_content(sources)},
               {"plans", plans_content(sources, notices)},
               {"trainings", trainings_content(sources, notices)},
               {"evaluations", evaluated},
               {"selection", selection_content(sources, notices)},
               {"volumes", options.volumes},
               {"pictures", pictures_content(sources, results, options, notices)},
               {"records", records_content(sources, notices)},
               {"files", files_content(sources, page_of(folder, options))}};
  content["notices"] = notices.lines();
  return content;
}

std::vector<std::string> report_intentions(const fs::path& folder, const ReportOptions& options) {
  const fs::path page = page_of(folder, options);
  check_output(page, options.overwrite);
  require_volumes(options);
  Notices notices({});
  find_sources(folder, notices);
  return {to_write(page)};
}

fs::path write_report(const fs::path& folder, const ReportOptions& options,
                      const Reporter& reporter) {
  const fs::path page = page_of(folder, options);
  check_output(page, options.overwrite);
  require_volumes(options);
  write_text_file(page, report_page(report_content(folder, options, reporter)));
  return page;
}

}  // namespace seg::train
