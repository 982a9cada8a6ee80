#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/splits.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// How the cases of a dataset shall become folds.
struct SplitRequest {
  std::optional<std::filesystem::path> file;  ///< as splits_final.json, taken as it is
  /// Which cases belong together, see case_groups(); empty: each is alone.
  std::string group_by;
  std::optional<std::size_t> folds;  ///< five if empty
  /// Without group_by: the groups that earlier splits were made by, which are kept; empty: none.
  std::map<std::string, std::string> known_groups{};

  bool wants_something() const { return file || !group_by.empty() || folds; }
};

/// The group of every case, such as its patient.
/// @param group_by a table (its name ends in .csv or .tsv) with the columns case and group, or a
/// regular expression (ECMAScript) whose first group in parentheses, searched in the case's name,
/// names the case's group.
/// @throws Error for a case without a group, a case that the dataset has not, and an expression
/// that is none.
std::map<std::string, std::string> case_groups(const std::vector<std::string>& cases,
                                               const std::string& group_by);

/// The splits that are asked for. Warns of what is unusual about those of a file.
/// @throws Error for a file that names other cases, for too few cases or groups, and for a case
/// that known groups leave out.
std::vector<Split> requested_splits(const SplitRequest& request,
                                    const std::vector<std::string>& cases,
                                    const Reporter& reporter = {});

/// Writes WORK's splits_final.json as it is asked for, and says so when that replaces another one;
/// with groups also groups.json, which is kept by later splits that are not told any.
/// @throws Error as requested_splits(), and naming the process when another writes WORK.
void plan_splits(const WorkFolder& work, SplitRequest request, const Reporter& reporter = {});

/// What it would write, one line for each file; nothing where nothing is asked for. Writes nothing.
/// @param dataset_folder that WORK is or will be planned from.
/// @throws Error as requested_splits().
std::vector<std::string> split_intentions(const std::filesystem::path& dataset_folder,
                                          const WorkFolder& work, SplitRequest request,
                                          const Reporter& reporter = {});

}  // namespace seg::data
