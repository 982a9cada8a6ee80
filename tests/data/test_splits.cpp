#include "seg/data/splits.hpp"

#include <algorithm>

#include "pipeline_oracle.hpp"
#include "seg/plan/error.hpp"
#include "text.hpp"

#include "catch.hpp"

using namespace seg;
using namespace seg::data;

namespace {

using Names = std::vector<std::string>;

Names numbered(int count) {
  Names names;
  for (int i = 0; i < count; ++i) names.push_back("case_" + std::to_string(1000 + i));
  return names;
}

/// What is said while something is done.
struct Lines {
  std::vector<std::string> said;
  Reporter reporter() {
    const auto keep = [this](const std::string& line) { said.push_back(line); };
    return {.info = keep, .warning = keep, .progress = {}};
  }
  bool mention(const std::string& text) const {
    return std::ranges::any_of(
        said, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
};

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("The five folds are nnU-Net's") {
  const test::PipelineOracle oracle("crossval");
  if (!oracle.available()) return;
  for (const Json& record : oracle.manifest()["splits"]) {
    INFO(record["style"] << " " << record["n"]);
    Names keys = record["sorted_keys"];
    std::reverse(keys.begin(), keys.end());
    const std::vector<Split> splits = make_splits(keys);
    REQUIRE(splits.size() == record["splits"].size());
    for (std::size_t fold = 0; fold < splits.size(); ++fold) {
      const Json& expected = record["splits"][fold];
      CHECK(splits[fold].val == expected["val"].get<Names>());
      if (expected.contains("train"))
        CHECK(splits[fold].train == expected["train"].get<Names>());
      else
        CHECK(splits[fold].train.size() == expected["train_count"].get<std::size_t>());
    }
  }
}

TEST_CASE("A fold beyond the file draws nnU-Net's 80 to 20") {
  const test::PipelineOracle oracle("crossval");
  if (!oracle.available()) return;
  for (const Json& record : oracle.manifest()["fold_beyond_file"]) {
    const Names cases = numbered(record["n"]);
    const Split split = split_for_fold(make_splits(cases), record["fold"].dump(), cases);
    Names expected;
    for (const Json& index : record["train_indices_in_drawn_order"])
      expected.push_back(cases[index.get<std::size_t>()]);
    CHECK(split.train == expected);
    CHECK(split.train.size() + split.val.size() == cases.size());
  }
}

TEST_CASE("Five cases fall into the folds that NumPy's shuffle gives") {
  const std::vector<Split> splits = make_splits(numbered(5));
  CHECK(splits[0].val == Names{"case_1000"});
  CHECK(splits[1].val == Names{"case_1004"});
  CHECK(splits[2].val == Names{"case_1003"});
}

TEST_CASE("Every case validates once and never trains in that fold") {
  const Names cases = numbered(23);
  const std::vector<Split> splits = make_splits(cases);
  for (const std::string& name : cases) {
    int validated = 0;
    for (const Split& split : splits) {
      validated += contains(split.val, name);
      CHECK(contains(split.val, name) != contains(split.train, name));
    }
    CHECK(validated == 1);
  }
}

TEST_CASE("Fold 'all' trains and validates on everything") {
  const Split split = split_for_fold({}, "all", {"b", "a"});
  CHECK(split.train == Names{"a", "b"});
  CHECK(split.val == split.train);
}

TEST_CASE("Splits are written once and read ever after") {
  const test::TemporaryFolder folder;
  const auto file = folder / "splits_final.json";
  const Names cases = numbered(8);
  const auto made = read_or_make_splits(file, cases);
  write_json(file, Json::array({{{"train", {cases[0]}}, {"val", {cases[1]}}}}));
  const auto read = read_or_make_splits(file, cases);
  CHECK(made.size() == 5);
  REQUIRE(read.size() == 1);
  CHECK(split_for_fold(read, "0", cases).val == Names{cases[1]});
}

TEST_CASE("Bad splits and folds are refused") {
  const test::TemporaryFolder folder;
  const auto file = folder / "splits_final.json";
  CHECK_THROWS_AS(make_splits(numbered(4)), Error);
  CHECK_THROWS_AS(split_for_fold(make_splits(numbered(9)), "first", numbered(9)), Error);
  CHECK_THROWS_AS(split_for_fold(make_splits(numbered(9)), "-1", numbered(9)), Error);
  write_json(file, Json::array({{{"train", {"stranger"}}, {"val", Json::array()}}}));
  CHECK_THROWS_AS(read_or_make_splits(file, numbered(9)), Error);
  const Json fold = {{"train", numbered(8)}, {"val", {numbered(9).back()}}};
  for (const Json& no_list : {Json{{"train", 3}}, Json{{"0", fold}}, Json("fold"), Json::array()}) {
    write_json(file, no_list);
    CHECK_THROWS_AS(read_or_make_splits(file, numbered(9)), Error);
  }
}

TEST_CASE("Splits that were made of other cases are made again, and a line says so") {
  const test::TemporaryFolder folder;
  const auto file = folder / "splits_final.json";
  Names cases = numbered(7);
  read_or_make_splits(file, cases);
  Lines lines;
  read_or_make_splits(file, cases, lines.reporter());
  CHECK(lines.said.empty());
  for (const bool removed : {true, false}) {
    removed ? cases.pop_back() : cases.push_back("late");
    const std::string before = test::bytes_of(file);
    const auto coming = coming_splits(file, cases);
    CHECK(will_write_splits(file, cases));
    CHECK(test::bytes_of(file) == before);
    const auto splits = read_or_make_splits(file, cases, lines.reporter());
    CHECK((coming == splits));
    CHECK_FALSE(will_write_splits(file, cases));
    CHECK(splits[2].val == make_splits(cases)[2].val);
    CHECK(lines.mention(removed ? "removed: case_1006" : "added: late"));
  }
  refresh_splits(file, numbered(4), lines.reporter());
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("Splits written by hand stay as they are, whatever the dataset has") {
  const test::TemporaryFolder folder;
  const auto file = folder / "splits_final.json";
  const Json by_hand =
      Json::array({{{"train", {"case_1000", "case_1001"}}, {"val", {"case_1002"}}}});
  write_json(file, by_hand);
  Lines lines;
  refresh_splits(file, numbered(9), lines.reporter());
  CHECK(lines.said.empty());
  CHECK(read_json(file) == by_hand);
  test::write_text(file, "no splits");
  refresh_splits(file, numbered(9), lines.reporter());
  CHECK(test::bytes_of(file) == "no splits");
}

TEST_CASE("What is unusual about splits is said, fold by fold") {
  const Names cases = numbered(6);
  CHECK(split_problems(make_splits(cases), cases).empty());
  const auto said = [&](const std::vector<Split>& splits) {
    return Lines{split_problems(splits, cases)};
  };
  const Lines leaking = said({{{"case_1000", "case_1001"}, {"case_1001"}}});
  CHECK(leaking.mention("fold 0 validates cases that it trains on"));
  CHECK(leaking.mention(": case_1001"));
  CHECK(leaking.mention("it has 1 fold"));
  CHECK(leaking.mention("no fold validates case_1000, case_1002"));
  const Lines overlapping = said({{{"case_1000"}, {"case_1001"}}, {{"case_1002"}, {"case_1001"}}});
  CHECK(overlapping.mention("several folds validate case_1001"));
  CHECK(said({{{"case_1000", "case_1000"}, {"case_1001"}}}).mention("twice: case_1000"));
  CHECK(said({{{"case_1000"}, {}}}).mention("fold 0 has no cases to validate on"));
}

TEST_CASE("A fold is taken from the file, and fold 'all' looks at none") {
  const test::TemporaryFolder folder;
  const auto file = folder / "splits_final.json";
  const Names few = numbered(3);
  Lines lines;
  CHECK(split_from_file(file, "all", few, lines.reporter()).train == few);
  CHECK_FALSE(std::filesystem::exists(file));
  test::write_text(file, "{ no splits");
  CHECK(split_from_file(file, "all", few, lines.reporter()).val == few);
  write_json(file, Json::array({{{"train", {few[0], few[1]}}, {"val", {few[2]}}}}));
  CHECK(split_from_file(file, "0", few, lines.reporter()).val == Names{few[2]});
  CHECK_FALSE(lines.mention("has no fold"));
  const Split drawn = split_from_file(file, "3", few, lines.reporter());
  CHECK(lines.mention("has no fold 3"));
  CHECK(drawn.train.size() + drawn.val.size() == 3);
}
