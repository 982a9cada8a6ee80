#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/some_of.hpp"
#include "seg/data/splits.hpp"

namespace seg::data {
namespace {

using CaseNames = std::vector<std::string>;

CaseNames in_both(const CaseNames& one, const CaseNames& other) {
  const std::set<std::string> first(one.begin(), one.end()), second(other.begin(), other.end());
  CaseNames both;
  std::ranges::set_intersection(first, second, std::back_inserter(both));
  return both;
}

CaseNames named_twice(const CaseNames& names) {
  std::map<std::string, int> counts;
  for (const std::string& name : names) ++counts[name];
  CaseNames twice;
  for (const auto& [name, count] : counts)
    if (count > 1) twice.push_back(name);
  return twice;
}

void find_problems_of_fold(const Split& split, std::size_t fold, std::vector<std::string>& lines) {
  const std::string name = "fold " + std::to_string(fold);
  if (const auto leaked = in_both(split.train, split.val); !leaked.empty())
    lines.push_back(name + " validates cases that it trains on, so that its Dice says nothing: " +
                    some_of(leaked));
  for (const auto* names : {&split.train, &split.val})
    if (const auto twice = named_twice(*names); !twice.empty())
      lines.push_back(name + " names cases twice: " + some_of(twice));
  if (split.train.empty() || split.val.empty())
    lines.push_back(name + " has no cases to " + (split.train.empty() ? "train" : "validate") +
                    " on");
}

void find_validation_gaps(const std::vector<Split>& splits, const CaseNames& cases,
                          std::vector<std::string>& lines) {
  std::map<std::string, int> validated;
  for (const std::string& name : cases) validated[name] = 0;
  for (const Split& split : splits)
    for (const std::string& name : std::set<std::string>(split.val.begin(), split.val.end()))
      ++validated[name];
  CaseNames never, often;
  for (const auto& [name, count] : validated) {
    if (count == 0) never.push_back(name);
    if (count > 1) often.push_back(name);
  }
  if (!never.empty()) lines.push_back("no fold validates " + some_of(never));
  if (!often.empty()) lines.push_back("several folds validate " + some_of(often));
}

}  // namespace

std::vector<std::string> split_problems(const std::vector<Split>& splits, const CaseNames& cases) {
  constexpr std::size_t kUsualFolds = 5;
  std::vector<std::string> lines;
  if (splits.size() != kUsualFolds)
    lines.push_back("it has " + std::to_string(splits.size()) +
                    " fold(s), numbered from 0, not the usual " + std::to_string(kUsualFolds));
  for (std::size_t fold = 0; fold < splits.size(); ++fold)
    find_problems_of_fold(splits[fold], fold, lines);
  find_validation_gaps(splits, cases, lines);
  return lines;
}

}  // namespace seg::data
