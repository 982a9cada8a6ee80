#pragma once

#include "report/sources.hpp"

namespace seg::train {

/// {"name", "channels": [NAME], "labels": [{"name", "values": [..]}], "cases", "file_ending"}, or
/// null.
Json dataset_content(const ReportSources& sources);

/// A list of plans: {"name", "file", "planner", "configurations": [{"name", "rows": [[WHAT,
/// TEXT]]}], "why": [LINE]}, the reasons as the plan's record has them.
Json plans_content(const ReportSources& sources, Notices& notices);

}  // namespace seg::train
