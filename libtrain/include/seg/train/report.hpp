#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

struct ReportOptions {
  std::filesystem::path output;  ///< the page; empty: report.html in the folder
  std::filesystem::path scans;   ///< folder of the scans; empty: where the records say
  int slices = 15;               ///< of each case that is shown
  bool volumes = false;          ///< the cases that are shown also in three dimensions
  bool overwrite = false;        ///< also what is there and no report
};

/// All that a report tells, as the page's script reads it: of a WORK folder, a model folder or a
/// folder of predictions, whatever of it is there. What cannot be read is left out, warned of and
/// named under "notices". The largest part are pictures of the best, the median and the worst case
/// of up to three models, in which the folder's label maps and its scans are read.
/// @throws Error when the folder is none of these.
Json report_content(const std::filesystem::path& folder, const ReportOptions& options,
                    const Reporter& reporter = {});

/// The page, one HTML file that asks for nothing else: whatever names the content holds, they stay
/// text.
std::string report_page(const Json& content);

/// Whether this build draws charts (SEG_WITH_REPORT_CHARTS); without, the page has tables only.
bool report_has_charts();

/// Whether this build can show volumes (SEG_WITH_REPORT_VOLUMES).
bool report_has_volumes();

/// Writes the page, atomically. @returns where.
/// @throws Error as report_content(), and when it cannot be written, is there already and no
/// report, or volumes are wanted of a build without them.
std::filesystem::path write_report(const std::filesystem::path& folder,
                                   const ReportOptions& options, const Reporter& reporter = {});

/// What it would write, in a line. Writes nothing. @throws Error as it does for the folder and the
/// options.
std::vector<std::string> report_intentions(const std::filesystem::path& folder,
                                           const ReportOptions& options);

}  // namespace seg::train
