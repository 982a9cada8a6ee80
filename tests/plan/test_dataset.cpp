#include "seg/plan/dataset.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/labels.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace {

using seg::Json;
using seg::test::contains;
using namespace seg::plan;

Json small_dataset() {
  return Json::parse(R"({"channel_names": {"1": "T2", "0": "FLAIR"},
    "labels": {"background": 0, "tumour": 2, "liver": 1}, "numTraining": 3,
    "file_ending": ".nii.gz"})");
}

Json with_labels(const char* labels) {
  Json json = small_dataset();
  json["labels"] = Json::parse(labels);
  return json;
}

Dataset dataset_of(const Json& json) { return dataset_from_json(json, "Dataset001_X", "d.json"); }

std::string error_of(const Json& json) {
  try {
    dataset_of(json);
  } catch (const seg::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("channels keep the order of the file, also under their old name") {
  CHECK(dataset_of(small_dataset()).channel_names == std::vector<std::string>{"T2", "FLAIR"});
  Json old = small_dataset();
  old["modality"] = {{"0", "CT"}};
  old.erase("channel_names");
  CHECK(dataset_of(old).channel_names == std::vector<std::string>{"CT"});
}

TEST_CASE("plain labels are sorted by value and named") {
  const Labels labels = labels_of(dataset_of(small_dataset()));
  CHECK(labels.all == std::vector{0, 1, 2});
  CHECK(labels.foreground_names == std::vector<std::string>{"liver", "tumour"});
  CHECK(labels.foreground() == std::vector<std::vector<int>>{{1}, {2}});
  CHECK(labels.network_outputs() == 3);
  CHECK_FALSE(labels.ignore);
}

TEST_CASE("regions keep their order and leave background and ignore out") {
  Json json = with_labels(
      R"({"background": 0, "whole": [1, 2, 3], "core": [2, 3], "active": 3, "ignore": 4})");
  json["regions_class_order"] = {1, 2, 3};
  const Labels labels = labels_of(dataset_of(json));
  CHECK(labels.regions == std::vector<std::vector<int>>{{1, 2, 3}, {2, 3}, {3}});
  CHECK(labels.foreground() == labels.regions);
  CHECK(labels.all == std::vector{0, 1, 2, 3});
  CHECK(labels.network_outputs() == 3);
  CHECK(labels.ignore == 4);
}

TEST_CASE("bad dataset.json gives one line that says what to do") {
  Json json = small_dataset();
  json.erase("numTraining");
  CHECK(contains(error_of(json), "d.json: the entry \"numTraining\" is missing"));
  CHECK(contains(error_of(with_labels(R"({"liver": 1})")), "add \"background\": 0"));
  CHECK(contains(error_of(with_labels(R"({"background": 1})")), "\"background\" is not 0"));
  CHECK(contains(error_of(with_labels(R"({"0": "background"})")), "give each name a whole number"));
  CHECK(
      contains(error_of(with_labels(R"({"background": 0, "a": [1, 2]})")), "regions_class_order"));
  CHECK(contains(error_of(with_labels(R"({"background": 0, "a": 1, "ignore": 1})")),
                 "set \"ignore\": 2"));
  CHECK(contains(error_of(with_labels(R"({"background": 0, "a": 1, "ignore": [2]})")),
                 "set \"ignore\": 2"));
  // Nothing that "ignore" alone could be set to would do.
  CHECK(contains(error_of(with_labels(R"({"background": 0, "ignore": 1, "a": 2})")),
                 "number the other labels 0, 1, 2, ..."));
  CHECK(contains(error_of(with_labels(R"({"background": 0, "a": -1})")), "negative"));
  json["numTraining"] = 2.5;
  CHECK(contains(error_of(json), "\"numTraining\" has an unexpected value 2.5"));
  CHECK(contains(error_of(Json::array()), "is not a JSON object"));
}

TEST_CASE("the dataset's name is the folder's") {
  seg::test::TemporaryFolder folder;
  const auto path = folder / "Dataset007_Liver";
  seg::write_json(path / "dataset.json", small_dataset());
  CHECK(read_dataset(path).name == "Dataset007_Liver");
  CHECK(read_dataset(path / "").name == "Dataset007_Liver");
  CHECK_THROWS_AS(read_dataset(folder.path()), seg::Error);
}
