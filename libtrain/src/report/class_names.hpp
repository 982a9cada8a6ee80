#pragma once

#include "report/sources.hpp"

namespace seg::train {

/// Names of the foreground classes; none where no dataset.json tells them.
std::vector<std::string> class_names(const ReportSources& sources);

/// Classes as a summary has them.
struct SummaryClasses {
  std::vector<std::string> keys;   ///< "1", "(1, 2)"
  std::vector<std::string> names;  ///< "liver", or "label 1" where nothing tells its name
};

/// Those of summary.json's means, in the dataset's order. @throws nlohmann::json::exception
SummaryClasses classes_of(const Json& summary, const ReportSources& sources);

}  // namespace seg::train
