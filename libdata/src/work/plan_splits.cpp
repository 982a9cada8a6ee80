#include "seg/data/plan_splits.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

#include "base/some_of.hpp"
#include "seg/data/csv.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/lock.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

using GroupOfCase = std::map<std::string, std::string>;

/// RE2's time grows with the name's length alone, whatever the expression.
std::unique_ptr<const re2::RE2> expression_of(const std::string& text) {
  const auto refusal = [&](const std::string& problem) {
    return Error(SettingValue{"group_by", text}, problem,
                 "write what names the group in parentheses, as in '^(patient[0-9]+)_', or give a "
                 ".csv file");
  };
  auto expression = std::make_unique<const re2::RE2>(text, re2::RE2::Quiet);
  if (!expression->ok()) throw refusal("is no regular expression (" + expression->error() + ")");
  if (expression->NumberOfCapturingGroups() == 0) throw refusal("has no group in parentheses");
  return expression;
}

GroupOfCase groups_by_name(const std::vector<std::string>& cases, const std::string& text) {
  const auto expression = expression_of(text);
  GroupOfCase groups;
  for (const std::string& name : cases)
    if (std::string group; re2::RE2::PartialMatch(name, *expression, &group) && !group.empty())
      groups[name] = group;
  return groups;
}

GroupOfCase groups_in_table(const std::vector<std::string>& cases, const fs::path& file) {
  const CsvTable table = read_csv(file);
  const std::size_t name = table.column("case"), group = table.column("group");
  const std::set<std::string> known(cases.begin(), cases.end());
  GroupOfCase groups;
  for (const auto& row : table.rows) {
    if (!known.contains(row[name]))
      throw Error(table.source, "names the case " + row[name] + ", which the dataset has not");
    if (row[group].empty()) continue;
    if (const auto [entry, is_new] = groups.emplace(row[name], row[group]);
        !is_new && entry->second != row[group])
      throw Error(table.source, "gives the case " + row[name] + " two groups, " + entry->second +
                                    " and " + row[group]);
  }
  return groups;
}

/// Those of the request, else those that are known, else none.
GroupOfCase groups_of(const SplitRequest& request, const std::vector<std::string>& cases) {
  if (!request.group_by.empty()) return case_groups(cases, request.group_by);
  GroupOfCase groups;
  std::vector<std::string> without;
  for (const std::string& name : cases)
    if (const auto found = request.known_groups.find(name); found != request.known_groups.end())
      groups.insert(*found);
    else
      without.push_back(name);
  if (!groups.empty() && !without.empty())
    throw Error("the groups of earlier splits", "leave out " + some_of(without),
                "give `group_by` again");
  return groups;
}

bool holds_other_splits(const fs::path& file, const std::vector<Split>& splits,
                        const std::vector<std::string>& cases) {
  if (!fs::exists(file)) return false;
  try {
    return read_splits(file, cases) != splits;
  } catch (const Error&) {
    return true;
  }
}

void keep_known_groups(SplitRequest& request, const WorkFolder& work, const Reporter& reporter) {
  if (!request.group_by.empty()) return;
  request.known_groups = read_groups(work.splits());
  if (!request.file && !request.known_groups.empty())
    reporter.say("cases stay together as in " + work.groups().string() +
                 "; `group_by` changes that ((.*) sets each apart)");
}

/// Whether a table is given, whatever the case of its ending's letters.
bool is_table(const std::string& group_by) {
  if (has_ending(group_by, ".csv") || has_ending(group_by, ".tsv")) return true;
  std::error_code unreadable;
  if (fs::is_regular_file(group_by, unreadable))
    throw Error(SettingValue{"group_by", group_by}, "is a file that is no table by its name",
                "give a .csv or .tsv file with the columns case and group");
  return false;
}

}  // namespace

GroupOfCase case_groups(const std::vector<std::string>& cases, const std::string& group_by) {
  GroupOfCase groups =
      is_table(group_by) ? groups_in_table(cases, group_by) : groups_by_name(cases, group_by);
  std::vector<std::string> without;
  for (const std::string& name : cases)
    if (!groups.contains(name)) without.push_back(name);
  if (!without.empty())
    throw Error(SettingValue{"group_by", group_by}, "gives no group to " + some_of(without),
                "every case needs one, if only its own name");
  return groups;
}

std::vector<Split> requested_splits(const SplitRequest& request,
                                    const std::vector<std::string>& cases,
                                    const Reporter& reporter) {
  if (request.file) {
    auto splits = read_splits(*request.file, cases);
    auto problems = split_problems(splits, cases);
    std::ranges::move(group_problems(splits, request.known_groups), std::back_inserter(problems));
    for (const std::string& problem : problems)
      reporter.warn(request.file->string() + ": " + problem);
    return splits;
  }
  const std::size_t folds = request.folds.value_or(5);
  const GroupOfCase groups = groups_of(request, cases);
  return groups.empty() ? make_splits(cases, folds) : make_group_splits(groups, folds);
}

std::vector<std::string> split_intentions(const fs::path& dataset_folder, const WorkFolder& work,
                                          SplitRequest request, const Reporter& reporter) {
  if (!request.wants_something()) return {};
  std::vector<std::string> cases;
  for (const Case& one : training_cases(dataset_folder, plan::read_dataset(dataset_folder)))
    cases.push_back(one.name);
  keep_known_groups(request, work, reporter);
  requested_splits(request, cases, reporter);
  std::vector<std::string> lines{to_write(work.splits())};
  if (!request.group_by.empty()) lines.push_back(to_write(work.groups()));
  return lines;
}

void plan_splits(const WorkFolder& work, SplitRequest request, const Reporter& reporter) {
  const auto cases = work_case_names(work);
  keep_known_groups(request, work, reporter);
  const auto splits = requested_splits(request, cases, reporter);
  const FolderLock lock(work.root);
  if (holds_other_splits(work.splits(), splits, cases))
    reporter.warn(work.splits().string() +
                  " is replaced; folds that were trained with the earlier one need to be trained "
                  "again");
  if (!request.group_by.empty()) write_groups(work.splits(), case_groups(cases, request.group_by));
  write_splits(work.splits(), splits);
}

}  // namespace seg::data
