#include "seg/data/plan_splits.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "test_files.hpp"
#include "text.hpp"

using namespace seg;
using namespace seg::data;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

/// Cases patient_P_scan_S: `sizes[P]` scans of each patient.
Names scans_of(const std::vector<int>& sizes) {
  Names names;
  for (std::size_t patient = 0; patient < sizes.size(); ++patient)
    for (int scan = 0; scan < sizes[patient]; ++scan)
      names.push_back("patient_" + std::to_string(100 + patient) + "_scan_" + std::to_string(scan));
  return names;
}

std::set<std::string> groups_in(const Names& cases,
                                const std::map<std::string, std::string>& group_of) {
  std::set<std::string> groups;
  for (const std::string& name : cases) groups.insert(group_of.at(name));
  return groups;
}

void check_partition(const std::vector<Split>& splits, Names cases) {
  Names validated;
  for (const Split& split : splits) {
    validated.insert(validated.end(), split.val.begin(), split.val.end());
    Names both = split.train;
    both.insert(both.end(), split.val.begin(), split.val.end());
    std::ranges::sort(both);
    std::ranges::sort(cases);
    CHECK(both == cases);
  }
  std::ranges::sort(validated);
  CHECK(validated == cases);
}

}  // namespace

TEST_CASE("groups stay whole, every case validates once, and folds are of about one size") {
  const std::vector<std::vector<int>> datasets{
      {1, 1, 1, 1, 1, 1, 1, 2}, {7, 1, 1, 1, 1, 1}, {3, 3, 3, 3, 3, 3, 3}, {9, 8, 7, 6, 5, 4, 3}};
  for (const auto& sizes : datasets)
    for (const std::size_t folds : {2U, 3U, 5U}) {
      const Names cases = scans_of(sizes);
      const auto group_of = case_groups(cases, "^(patient_[0-9]+)");
      const auto splits = make_group_splits(group_of, folds);
      REQUIRE(splits.size() == folds);
      check_partition(splits, cases);
      std::vector<std::size_t> validating;
      for (const Split& split : splits) {
        validating.push_back(split.val.size());
        const auto training = groups_in(split.train, group_of);
        for (const std::string& group : groups_in(split.val, group_of))
          CHECK_FALSE(training.contains(group));
      }
      const auto [smallest, largest] = std::ranges::minmax(validating);
      CHECK(largest - smallest <= static_cast<std::size_t>(std::ranges::max(sizes)));
      CHECK((make_group_splits(group_of, folds) == splits));
    }
}

TEST_CASE("groups of one case each give nnU-Net's folds") {
  const Names cases = scans_of(std::vector<int>(23, 1));
  CHECK((make_group_splits(case_groups(cases, "(.*)"), 5) == make_splits(cases)));
  CHECK((make_group_splits(case_groups(cases, "(.*)"), 4) == make_splits(cases, 4)));
}

TEST_CASE("another number of folds is cut from the same shuffled order") {
  const Names cases = scans_of(std::vector<int>(11, 1));
  for (const std::size_t folds : {2U, 3U, 11U}) {
    const auto splits = make_splits(cases, folds);
    REQUIRE(splits.size() == folds);
    check_partition(splits, cases);
    for (const Split& split : splits) {
      CHECK(split.val.size() >= 11 / folds);
      CHECK(split.val.size() <= 11 / folds + 1);
    }
  }
  // NumPy shuffles five to 0, 4, 3, 1, 2: blocks of three and two of these validate.
  const auto two = make_splits({"a", "b", "c", "d", "e"}, 2);
  CHECK(two[0].val == Names{"a", "d", "e"});
  CHECK(two[1].val == Names{"b", "c"});
  CHECK_THROWS_WITH(make_splits(cases, 12), ContainsSubstring("at least 12 training cases"));
  CHECK_THROWS_WITH(make_splits(cases, 1), ContainsSubstring("use 2 or more"));
  CHECK_THROWS_WITH(make_group_splits(case_groups(scans_of({4, 4}), "^(patient_[0-9]+)"), 3),
                    ContainsSubstring("at least 3 groups"));
}

TEST_CASE("a table tells groups, with quotes as spreadsheets write them") {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "groups.csv").string();
  const Names cases{"a", "b", "c,d"};
  test::write_text(file,
                   "\xef\xbb\xbfgroup,note,case\r\n\"Smith, \"\"J.\"\"\",x, a \r\n\r\n"
                   "two,,b\r\ntwo,,\"c,d\"");
  const auto groups = case_groups(cases, file);
  CHECK(groups.at("a") == "Smith, \"J.\"");
  CHECK(groups.at("b") == "two");
  CHECK(groups.at("c,d") == "two");
  const auto refusal = [&](const std::string& table) {
    test::write_text(file, table);
    try {
      case_groups(cases, file);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(refusal("case,group\na,1\nb,1\n"), ContainsSubstring("gives no group to c,d"));
  CHECK_THAT(refusal("case,group\na,1\na,2\n"), ContainsSubstring("gives the case a two groups"));
  CHECK_THAT(refusal("case,group\nz,1\n"), ContainsSubstring("which the dataset has not"));
  CHECK_THAT(refusal("case,patient\na,1\n"), ContainsSubstring("has no column group"));
  CHECK_THAT(refusal("case,group\na\n"), ContainsSubstring("line 2 has 1 cells"));
  CHECK_THAT(refusal("case,group\n\"a,1\n"), ContainsSubstring("does not end"));
  CHECK_THAT(refusal("case,group\n\"a\"b,1\n"), ContainsSubstring("after a quote's end"));
  CHECK_THAT(refusal(""), ContainsSubstring("is empty"));
}

TEST_CASE("a table of groups is known by its ending in any letters, and may be one of tabs") {
  const test::TemporaryFolder folder;
  const Names cases{"a", "b"};
  const std::map<std::string, std::string> expected{{"a", "p, 1"}, {"b", "p 2"}};
  test::write_text(folder / "groups.CSV", "case,group\na,\"p, 1\"\nb, p 2\n");
  CHECK(case_groups(cases, (folder / "groups.CSV").string()) == expected);
  for (const char* name : {"groups.tsv", "groups.TSV"}) {
    test::write_text(folder / name, "group\t case\tnote\r\np, 1\ta\t\r\n\"p 2\"\tb\tx\r\n");
    CHECK(case_groups(cases, (folder / name).string()) == expected);
  }
  test::write_text(folder / "groups.xlsx", "PK");
  CHECK_THROWS_WITH(case_groups(cases, (folder / "groups.xlsx").string()),
                    ContainsSubstring("is a file that is no table by its name"));
  CHECK_THROWS_WITH(case_groups(cases, (folder / "group.CSV").string()),
                    ContainsSubstring("no such file; the nearest there is groups.CSV"));
}

TEST_CASE("an expression that names no groups is refused") {
  CHECK_THROWS_WITH(case_groups({"a"}, "[a"), ContainsSubstring("is no regular expression"));
  CHECK_THROWS_WITH(case_groups({"a"}, "a"), ContainsSubstring("has no group in parentheses"));
  CHECK_THROWS_WITH(case_groups({"a1", "b"}, "(a.)"), ContainsSubstring("gives no group to b"));
}

TEST_CASE("an expression that could be matched in many ways ends, and so does one that is huge") {
  const std::string name(60, 'a');
  CHECK(case_groups({name}, "^(((((.*)*)*)*)*)$").at(name) == name);
  CHECK_THROWS_WITH(case_groups({name}, "^(((((.*)*)*)*)*)x$"),
                    ContainsSubstring("gives no group"));
  CHECK_THROWS_WITH(case_groups({name}, "((((a{999}){999}){999}){999})"),
                    ContainsSubstring("is no regular expression"));
}

TEST_CASE("splits from a file are checked as those written by hand") {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "mine.json";
  const Names cases{"a", "b", "c"};
  std::vector<std::string> said;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { said.push_back(line); };
  write_json(file, Json::array({{{"train", {"a", "b"}}, {"val", {"c"}}}}));
  const auto splits =
      requested_splits({.file = file, .group_by = "", .folds = {}}, cases, reporter);
  REQUIRE(splits.size() == 1);
  CHECK((splits[0] == Split{{"a", "b"}, {"c"}}));
  CHECK(std::ranges::any_of(said, [](const std::string& line) {
    return test::contains(line, "no fold validates a, b");
  }));
  write_json(file, Json::array({{{"train", {"a", "z"}}, {"val", {"c"}}}}));
  CHECK_THROWS_WITH(requested_splits({.file = file, .group_by = "", .folds = {}}, cases),
                    ContainsSubstring("names the case z"));
}

TEST_CASE("folds of another number are made again when a case leaves, in that number") {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "splits_final.json";
  const Names cases = scans_of(std::vector<int>(9, 1));
  write_splits(file, make_splits(cases, 3));
  const Names fewer(cases.begin(), cases.end() - 1);
  CHECK((read_or_make_splits(file, fewer) == make_splits(fewer, 3)));
  CHECK(fold_names(file, fewer, {}) == Names{"0", "1", "2"});
}

TEST_CASE("groups that splits were made by are kept, for later ones and for checks") {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "splits_final.json";
  const Names cases = scans_of({3, 3, 2, 2, 2, 1});
  const auto group_of = case_groups(cases, "^(patient_[0-9]+)");
  CHECK(read_groups(file).empty());
  write_groups(file, group_of);
  CHECK(read_groups(file) == group_of);
  const auto splits = make_group_splits(group_of, 3);
  CHECK_NOTHROW(require_fold_of_groups(file, "2", splits));
  CHECK_NOTHROW(require_fold_of_groups(file, "all", splits));
  CHECK_THROWS_WITH(require_fold_of_groups(file, "3", splits),
                    ContainsSubstring("would put cases of a group on both sides"));

  const auto kept =
      requested_splits({.file = {}, .group_by = "", .folds = 3, .known_groups = group_of}, cases);
  CHECK((kept == make_group_splits(group_of, 3)));
  CHECK(group_problems(kept, group_of).empty());
  auto too_few = group_of;
  too_few.erase(cases.front());
  CHECK_THROWS_WITH(
      requested_splits({.file = {}, .group_by = "", .folds = 3, .known_groups = too_few}, cases),
      ContainsSubstring("leave out " + cases.front()));

  write_splits(file, kept);
  CHECK_FALSE(test::contains(seg::joined(split_file_problems(file, cases)), "validates groups"));
  auto leaking = kept;
  std::swap(leaking[0].train.front(), leaking[0].val.front());
  write_splits(file, leaking);
  CHECK(test::contains(seg::joined(split_file_problems(file, cases)), "fold 0 validates groups"));
  write_splits(file, make_splits(cases));  // without groups it would be sound
  CHECK_FALSE(split_file_problems(file, cases).empty());
  std::vector<std::string> said;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { said.push_back(line); };
  split_from_file(file, "0", cases, reporter);
  CHECK(test::contains(seg::joined(said), "validates groups"));

  // Folds of groups are made again by them when a case leaves.
  write_splits(file, kept);
  const Names fewer(cases.begin() + 1, cases.end());
  CHECK((read_or_make_splits(file, fewer) == make_group_splits(too_few, 3)));
  test::write_text(folder / "groups.json", "[1]");
  CHECK_THROWS_WITH(read_groups(file), ContainsSubstring("groups.json"));
}
