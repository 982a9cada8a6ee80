#include "seg/data/splits.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "base/numpy_random.hpp"
#include "base/some_of.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/joined.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t usual_folds = 5;
constexpr std::uint32_t split_seed = 12345;

std::vector<std::string> sorted(std::vector<std::string> cases) {
  std::sort(cases.begin(), cases.end());
  return cases;
}

/// Cases in order: those whose index is in `chosen` validate, the others train.
Split split_by(const std::vector<std::string>& cases, const std::set<std::int64_t>& chosen) {
  Split split;
  for (std::size_t i = 0; i < cases.size(); ++i)
    (chosen.contains(static_cast<std::int64_t>(i)) ? split.val : split.train).push_back(cases[i]);
  return split;
}

Json to_json(const std::vector<Split>& splits) {
  Json json = Json::array();
  for (const Split& split : splits) json.push_back({{"train", split.train}, {"val", split.val}});
  return json;
}

std::vector<Split> splits_from_json(const Json& json, const fs::path& file) {
  std::vector<Split> splits;
  try {
    for (const Json& entry : json.get_ref<const Json::array_t&>())
      splits.push_back({entry.at("train").get<std::vector<std::string>>(),
                        entry.at("val").get<std::vector<std::string>>()});
  } catch (const Json::exception&) {
    throw Error(file.string(), "is not a list of {\"train\": [...], \"val\": [...]}",
                "correct it, or remove it to have it made again");
  }
  return splits;
}

void check_names(const std::vector<Split>& splits, const std::vector<std::string>& cases,
                 const fs::path& file) {
  const std::set<std::string> known(cases.begin(), cases.end());
  for (const Split& split : splits)
    for (const auto* names : {&split.train, &split.val})
      for (const std::string& name : *names)
        if (!known.contains(name))
          throw Error(file.string(), "names the case " + name + ", which the dataset has not",
                      "correct it, or remove it to have it made again");
}

std::set<std::string> all_names(const std::vector<Split>& splits) {
  std::set<std::string> names;
  for (const Split& split : splits) {
    names.insert(split.train.begin(), split.train.end());
    names.insert(split.val.begin(), split.val.end());
  }
  return names;
}

/// Whether these are what make_splits() gives for the cases that they name.
bool made_by_rule(const std::vector<Split>& splits) {
  const auto named = all_names(splits);
  const std::vector<std::string> cases(named.begin(), named.end());
  return splits.size() >= 2 && cases.size() >= splits.size() &&
         splits == make_splits(cases, splits.size());
}

using GroupOfCase = std::map<std::string, std::string>;

/// Nothing if a case has no group.
std::optional<GroupOfCase> groups_of_cases(const GroupOfCase& groups,
                                           const std::set<std::string>& cases) {
  GroupOfCase group_of;
  for (const std::string& name : cases) {
    const auto found = groups.find(name);
    if (found == groups.end()) return std::nullopt;
    group_of.insert(*found);
  }
  return group_of;
}

/// Folds of other cases by the rule that these were made by; nothing where there is none, or where
/// it leaves too few cases or groups.
std::optional<std::vector<Split>> remade(const std::vector<Split>& splits,
                                         const std::set<std::string>& cases,
                                         const GroupOfCase& groups) try {
  const auto earlier = groups_of_cases(groups, all_names(splits));
  const auto now = groups_of_cases(groups, cases);
  if (!earlier || !now || splits != make_group_splits(*earlier, splits.size())) return std::nullopt;
  return make_group_splits(*now, splits.size());
} catch (const Error&) {
  return std::nullopt;
}

/// What is unusual about splits, and about the groups that lie beside them.
std::vector<std::string> all_problems(const std::vector<Split>& splits,
                                      const std::vector<std::string>& cases, const fs::path& file) {
  auto problems = split_problems(splits, cases);
  for (std::string& problem : group_problems(splits, read_groups(file)))
    problems.push_back(std::move(problem));
  return problems;
}

/// "removed: a; added: b, c": how the cases of a dataset differ from those of earlier splits.
std::string changes_since(const std::set<std::string>& earlier, const std::set<std::string>& now) {
  std::vector<std::string> removed, added, parts;
  std::ranges::set_difference(earlier, now, std::back_inserter(removed));
  std::ranges::set_difference(now, earlier, std::back_inserter(added));
  if (!removed.empty()) parts.push_back("removed: " + some_of(removed));
  if (!added.empty()) parts.push_back("added: " + some_of(added));
  return seg::joined(parts, "; ");
}

/// What becomes of splits that were made of other cases than there are now.
struct Renewal {
  std::vector<Split> splits;  ///< empty: there are too few cases for them
  std::string changes;
};

/// Nothing for splits that stay, or are nobody's to make again.
std::optional<Renewal> renewal_of(const fs::path& file, const std::vector<std::string>& cases) {
  if (!fs::exists(file)) return std::nullopt;
  std::vector<Split> splits;
  try {
    splits = splits_from_json(read_json(file), file);
  } catch (const Error&) {
    return std::nullopt;  // for those who need it
  }
  const std::set<std::string> earlier = all_names(splits), now(cases.begin(), cases.end());
  if (earlier == now) return std::nullopt;
  const auto by_groups = remade(splits, now, read_groups(file));
  if (!by_groups && !made_by_rule(splits)) return std::nullopt;
  Renewal renewal{by_groups.value_or(std::vector<Split>{}), changes_since(earlier, now)};
  if (!by_groups && now.size() >= splits.size()) renewal.splits = make_splits(cases, splits.size());
  return renewal;
}

std::optional<std::size_t> fold_number(const std::string& fold) {
  std::size_t number = 0;
  const char* end = fold.data() + fold.size();
  const auto [stopped, code] = std::from_chars(fold.data(), end, number);
  if (code != std::errc() || stopped != end) return std::nullopt;
  return number;
}

void check_number_of_folds(std::size_t folds, std::size_t count, const std::string& things) {
  if (folds < 2)
    throw Error(SettingValue{"folds", std::to_string(folds)}, "leaves nothing to train or validate",
                "use 2 or more");
  if (count < folds)
    throw Error("splits",
                std::to_string(folds) + " folds need at least " + std::to_string(folds) + " " +
                    things + ", there are " + std::to_string(count),
                "add cases, use fewer `folds`, or train with all of them by `fold=all`");
}

std::vector<std::string> cases_in(const std::map<std::string, std::string>& group_of) {
  std::vector<std::string> cases;
  for (const auto& [name, group] : group_of) cases.push_back(name);
  return cases;
}

/// Indices of cases_in(), by group: the largest groups first, equal ones as they were drawn.
std::vector<std::vector<std::int64_t>> shuffled_groups(
    const std::map<std::string, std::string>& group_of) {
  std::map<std::string, std::vector<std::int64_t>> by_name;
  std::int64_t index = 0;
  for (const auto& [name, group] : group_of) by_name[group].push_back(index++);
  std::vector<std::vector<std::int64_t>> in_order, drawn;
  for (const auto& [name, cases] : by_name) in_order.push_back(cases);
  std::mt19937 random(split_seed);
  for (const auto place : numpy_permutation(static_cast<std::int64_t>(in_order.size()), random))
    drawn.push_back(in_order[static_cast<std::size_t>(place)]);
  std::ranges::stable_sort(drawn, std::greater<>(), &std::vector<std::int64_t>::size);
  return drawn;
}

/// nnU-Net's split for a fold that the file does not have: 80 % train, in the order drawn.
Split random_split(const std::vector<std::string>& cases, std::size_t fold) {
  std::mt19937 random(split_seed + static_cast<std::uint32_t>(fold));
  const auto order = numpy_permutation(static_cast<std::int64_t>(cases.size()), random);
  const auto training = static_cast<std::size_t>(static_cast<double>(cases.size()) * 0.8);
  Split split =
      split_by(cases, {order.begin() + static_cast<std::ptrdiff_t>(training), order.end()});
  for (std::size_t i = 0; i < training; ++i)
    split.train[i] = cases[static_cast<std::size_t>(order[i])];
  return split;
}

}  // namespace

std::vector<Split> make_splits(std::vector<std::string> cases, std::size_t folds) {
  cases = sorted(std::move(cases));
  check_number_of_folds(folds, cases.size(), "training cases");
  std::mt19937 random(split_seed);
  const auto order = numpy_permutation(static_cast<std::int64_t>(cases.size()), random);
  std::vector<Split> splits;
  auto block = order.begin();
  for (std::size_t fold = 0; fold < folds; ++fold) {
    const std::size_t size = cases.size() / folds + (fold < cases.size() % folds ? 1 : 0);
    const auto end = block + static_cast<std::ptrdiff_t>(size);
    splits.push_back(split_by(cases, {block, end}));
    block = end;
  }
  return splits;
}

std::vector<Split> make_group_splits(const std::map<std::string, std::string>& group_of,
                                     std::size_t folds) {
  const std::vector<std::string> cases = cases_in(group_of);
  const auto groups = shuffled_groups(group_of);
  check_number_of_folds(folds, groups.size(), "groups of cases");
  if (groups.front().size() == 1) return make_splits(cases, folds);
  std::vector<std::set<std::int64_t>> validated(folds);
  for (const auto& group : groups) {
    auto& smallest = *std::ranges::min_element(
        validated, {}, [](const std::set<std::int64_t>& fold) { return fold.size(); });
    smallest.insert(group.begin(), group.end());
  }
  std::vector<Split> splits;
  for (const auto& fold : validated) splits.push_back(split_by(cases, fold));
  return splits;
}

std::vector<Split> read_splits(const fs::path& file, const std::vector<std::string>& cases) {
  std::vector<Split> splits = splits_from_json(read_json(file), file);
  if (splits.empty())
    throw Error(file.string(), "holds no fold", "correct it, or remove it to have it made again");
  check_names(splits, cases, file);
  return splits;
}

void write_splits(const fs::path& file, const std::vector<Split>& splits) {
  write_json(file, to_json(splits));
}

std::vector<Split> read_or_make_splits(const fs::path& file, const std::vector<std::string>& cases,
                                       const Reporter& reporter) {
  refresh_splits(file, cases, reporter);
  std::vector<Split> splits = coming_splits(file, cases);
  if (!fs::exists(file)) write_splits(file, splits);
  return splits;
}

std::vector<Split> coming_splits(const fs::path& file, const std::vector<std::string>& cases) {
  const auto renewal = renewal_of(file, cases);
  if (renewal && !renewal->splits.empty()) return renewal->splits;
  return renewal || !fs::exists(file) ? make_splits(cases) : read_splits(file, cases);
}

bool will_write_splits(const fs::path& file, const std::vector<std::string>& cases) {
  return !fs::exists(file) || renewal_of(file, cases);
}

Split coming_split(const fs::path& file, const std::string& fold,
                   const std::vector<std::string>& cases) {
  if (fold == "all") return split_for_fold({}, fold, cases);
  const std::vector<Split> splits = coming_splits(file, cases);
  require_fold_of_groups(file, fold, splits);
  return split_for_fold(splits, fold, cases);
}

void refresh_splits(const fs::path& file, const std::vector<std::string>& cases,
                    const Reporter& reporter) {
  const auto renewal = renewal_of(file, cases);
  if (!renewal) return;
  const bool possible = !renewal->splits.empty();
  possible ? write_splits(file, renewal->splits) : void(fs::remove(file));
  reporter.say(file.string() + " was made for other cases (" + renewal->changes + ") and is " +
               (possible ? "made again" : "removed") +
               "; folds that were trained with it need to be trained again");
}

std::vector<std::string> split_file_problems(const fs::path& file,
                                             const std::vector<std::string>& cases) {
  if (!fs::exists(file)) return {};
  try {
    const auto splits = splits_from_json(read_json(file), file);
    const auto groups = read_groups(file);
    if (made_by_rule(splits)) return group_problems(splits, groups);  // made again when it is old
    if (remade(splits, {cases.begin(), cases.end()}, groups)) return {};  // this, too
    check_names(splits, cases, file);
    return all_problems(splits, cases, file);
  } catch (const Error& error) {
    return {error.parts().problem};
  }
}

Split split_for_fold(const std::vector<Split>& splits, const std::string& fold,
                     const std::vector<std::string>& cases) {
  if (fold == "all") return {sorted(cases), sorted(cases)};
  const std::optional<std::size_t> number = fold_number(fold);
  if (!number) throw Error(SettingValue{"fold", fold}, "is neither a number nor 'all'");
  return *number < splits.size() ? splits[*number] : random_split(sorted(cases), *number);
}

void require_fold_of_groups(const fs::path& file, const std::string& fold,
                            const std::vector<Split>& splits) {
  const auto number = fold_number(fold);
  if (number && *number >= splits.size() && !read_groups(file).empty())
    throw Error(SettingValue{"fold", fold},
                "is none of the " + std::to_string(splits.size()) + " in " + file.string() +
                    ", and a random one would put cases of a group on both sides",
                "choose one of them, or all");
}

Split split_from_file(const fs::path& file, const std::string& fold,
                      const std::vector<std::string>& cases, const Reporter& reporter) {
  if (fold == "all") return split_for_fold({}, fold, cases);
  const std::vector<Split> splits = read_or_make_splits(file, cases, reporter);
  for (const std::string& problem : all_problems(splits, cases, file))
    reporter.warn(file.string() + ": " + problem);
  require_fold_of_groups(file, fold, splits);
  if (const auto number = fold_number(fold); number && *number >= splits.size())
    reporter.warn(file.string() + " has no fold " + fold +
                  "; a random 80 % of the cases train and the others validate, as in nnU-Net");
  return split_for_fold(splits, fold, cases);
}

std::vector<std::string> fold_names(const fs::path& file, const std::vector<std::string>& cases,
                                    const Reporter& reporter) {
  std::size_t count = usual_folds;
  if (fs::exists(file)) {
    const auto splits = coming_splits(file, cases);
    for (const std::string& problem : all_problems(splits, cases, file))
      reporter.warn(file.string() + ": " + problem);
    count = splits.size();
  }
  std::vector<std::string> names;
  for (std::size_t fold = 0; fold < count; ++fold) names.push_back(std::to_string(fold));
  return names;
}

void write_split(const fs::path& file, const Split& split) {
  write_json(file, to_json({split})[0]);
}

std::optional<Split> read_split(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    return splits_from_json(Json::array({read_json(file)}), file)[0];
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace seg::data
