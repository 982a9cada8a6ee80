#pragma once

#include "report/sources.hpp"

namespace seg::train {

/// [{"file", "record"}]: what commands left of how they ran, the earliest first.
Json records_content(const ReportSources& sources, Notices& notices);

/// What seg select decided: {"best", "dice", "dice_after_postprocessing", "results": [[NAME,
/// DICE]]}, or null.
Json selection_content(const ReportSources& sources, Notices& notices);

/// [{"name", "link", "bytes"}] of the files that there are; links lead there from the page.
Json files_content(const ReportSources& sources, const std::filesystem::path& page);

}  // namespace seg::train
