#include "seg/train/predictor.hpp"

#include <fstream>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"
#include "small_workplace.hpp"

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;
using Workplace = seg::test::SmallWorkplace;
namespace fs = std::filesystem;

TEST_CASE("segmentations that exist are kept unless asked otherwise") {
  Workplace place;
  place.predict("scans/b_0000.nii.gz");
  CHECK(place.predict() == Names{"a", "c"});
  place.options.overwrite = true;
  CHECK(place.predict() == Names{"a", "b", "c"});
}

TEST_CASE("an empty, cut off or unreadable segmentation never counts as done") {
  Workplace place;
  place.predict();
  const auto whole = fs::file_size(place.output("b.nii.gz"));
  fs::resize_file(place.output("a.nii.gz"), 0);
  fs::resize_file(place.output("b.nii.gz"), whole / 2);
  CHECK(place.predict() == Names{"a", "b"});
  CHECK(place.said("2 segmentations"));
  CHECK(place.said("empty or damaged"));
  CHECK(seg::data::read_label_map(place.output("a.nii.gz")).data.numel() == 14 * 20 * 18);
  CHECK(place.predict().empty());
}

TEST_CASE("a segmentation of other weights, folds or options is made again, and a line says so") {
  Workplace place;
  place.options.folds = {"1"};
  place.predict();
  CHECK(place.predict().empty());
  CHECK_FALSE(place.said("made again"));
  place.options.folds = {"0"};
  CHECK(place.predict() == Names{"a", "b", "c"});
  CHECK(place.said("are of other weights or folds and are made again: a, b, c"));
  place.options.step_size = 1;
  CHECK(place.predict().size() == 3);
  CHECK(place.said("are of other options and are made again: a, b, c"));
  place.options.mirroring = true;
  CHECK(place.predict().size() == 3);
  // The same folds, trained anew.
  seg::test::write_small_model(place.folder / "model", {"0"});
  CHECK(place.predict().size() == 3);
  CHECK(place.predict().empty());
  // A copy of the model has the same weights.
  fs::copy(place.folder / "model", place.folder / "copy", fs::copy_options::recursive);
  fs::remove_all(place.folder / "model");
  fs::rename(place.folder / "copy", place.folder / "model");
  CHECK(place.predict().empty());
}

TEST_CASE("a segmentation by plans that were edited since is made again") {
  Workplace place;
  place.predict();
  const auto edit = [&](const char* name, const auto& change) {
    seg::Json json = seg::read_json(place.folder / "model" / name);
    change(json);
    seg::write_json(place.folder / "model" / name, json);
    CHECK(place.predict().size() == 3);
    CHECK(place.predict().empty());
  };
  edit("plans.json",
       [](seg::Json& plans) { plans["image_reader_writer"] = "NibabelIOWithReorient"; });
  edit("plans.json", [](seg::Json& plans) {
    plans["configurations"]["3d_fullres"]["spacing"] = {1.0, 1.0, 2.0};
  });
  CHECK_FALSE(place.said("was trained with another"));  // the checkpoint does not tell
}

TEST_CASE(
    "a segmentation that is unfinished, without probabilities or of an older scan is made again") {
  Workplace place;
  place.predict();
  seg::write_json(place.output("records/a.json"), {{"unfinished", true}});
  seg::test::write_small_scan(place.folder / "scans/c_0000.nii.gz");
  CHECK(place.predict() == Names{"a", "c"});
  CHECK(place.said("are unfinished and are made again: a"));
  CHECK(place.said("are of another or changed scan and are made again: c"));
  place.options.save_probabilities = true;
  CHECK(place.predict().size() == 3);
  CHECK(place.said("are without something that is wanted beside it and are made again: a, b, c"));
  fs::resize_file(place.output("c.npz"), 10);
  CHECK(place.predict() == Names{"c"});
  place.options.save_probabilities = false;
  CHECK(place.predict().empty());
}

TEST_CASE("what seg did not write into a folder is not replaced") {
  Workplace place;
  place.predict();
  fs::remove(place.output("records/a.json"));
  std::ofstream(place.output("records/b.json")) << "[]";
  CHECK_THROWS_WITH(place.predict(),
                    Contains("no record of seg tells, a, b") && Contains("`overwrite`"));
  place.options.overwrite = true;
  CHECK(place.predict().size() == 3);
  place.options.overwrite = false;
  CHECK(place.predict().empty());

  fs::remove_all(place.folder / "out");
  seg::write_json(place.output("dataset.json"), {{"mine", 1}});
  CHECK_THROWS_WITH(place.predict(), Contains("dataset.json: is there already"));
  CHECK(seg::read_json(place.output("dataset.json")) == seg::Json{{"mine", 1}});
}

TEST_CASE("a segmentation that somebody corrected is left as it is, and told") {
  Workplace place;
  place.predict();
  auto corrected = seg::data::read_label_map(place.output("b.nii.gz"));
  corrected.data.fill_(1);
  seg::data::write_label_map(place.output("b.nii.gz"), corrected.data[0], corrected.geometry);
  // A copy of what seg made has another time only.
  fs::last_write_time(place.output("a.nii.gz"), fs::file_time_type::clock::now());
  CHECK(place.predict().empty());
  CHECK(place.said("makes them again): b"));
  place.options.step_size = 1;
  CHECK(place.predict() == Names{"a", "c"});
  CHECK(seg::data::read_label_map(place.output("b.nii.gz")).data.equal(corrected.data));
  place.options.overwrite = true;
  CHECK(place.predict().size() == 3);
  place.options.overwrite = false;
  CHECK(place.predict().empty());
}

TEST_CASE("files of somebody's in the place of what is wanted beside a segmentation stay") {
  Workplace place;
  place.options.uncertainty = true;
  fs::create_directories(place.output("uncertainty"));
  std::ofstream(place.output("uncertainty/b.nii.gz")) << "mine";
  CHECK_THROWS_WITH(place.predict(), Contains("uncertainty/b.nii.gz: is there already"));
  CHECK_FALSE(fs::exists(place.output("a.nii.gz")));
  place.options.uncertainty = false;
  place.options.save_probabilities = true;
  std::ofstream(place.output("a.pkl")) << "mine";
  CHECK_THROWS_WITH(place.predict(), Contains("a.pkl: is there already"));
  place.options.overwrite = true;
  CHECK(place.predict().size() == 3);
  place.options.overwrite = false;
  CHECK(place.predict().empty());
}

TEST_CASE("masks and a single scan's statistics do not replace files of somebody's") {
  Workplace place;
  place.options.split_labels = true;
  fs::create_directories(place.output("b"));
  std::ofstream(place.output("b/front.nii.gz")) << "mine";
  CHECK_THROWS_WITH(place.predict(), Contains("b/front.nii.gz: is there already"));
  fs::remove(place.output("b/front.nii.gz"));
  CHECK(place.predict().size() == 3);
  place.options.step_size = 0.6;
  CHECK(place.predict().size() == 3);

  place.options.split_labels = false;
  place.options.statistics = true;
  const fs::path scan = place.folder / "scans/b_0000.nii.gz", single = place.folder / "single";
  fs::create_directories(single);
  std::ofstream(single / "one_statistics.csv") << "mine";
  const auto predict = [&] {
    return seg::train::predict(place.folder / "model", scan, single / "one.nii.gz", place.options);
  };
  CHECK_THROWS_WITH(predict(), Contains("one_statistics.csv: is there already"));
  fs::remove(single / "one_statistics.csv");
  CHECK(predict().finished == Names{"b"});
  CHECK(predict().left == Names{"b"});
  place.options.step_size = 0.5;
  CHECK(predict().finished == Names{"b"});
}

TEST_CASE("what goes with an earlier segmentation is told before") {
  Workplace place;
  place.options.uncertainty = true;
  place.predict();
  place.options.uncertainty = false;
  place.options.statistics = true;
  const auto lines = seg::train::predict_intentions(place.folder / "model", place.folder / "scans",
                                                    place.folder / "out", place.options)
                         .lines;
  CHECK(std::ranges::count(lines, "removes " + place.output("uncertainty/a.nii.gz").string()) == 1);
  CHECK(place.predict().size() == 3);
  CHECK(place.said("3 files that lie beside segmentations which are made again"));
  CHECK_FALSE(fs::exists(place.output("uncertainty/a.nii.gz")));
}

TEST_CASE("rows of statistics that go are told before, and the tables with the last of them") {
  Workplace place;
  const auto intends = [&](const char* what, const std::string& scans) {
    const auto lines = seg::train::predict_intentions(place.folder / "model", place.folder / scans,
                                                      place.folder / "out", place.options)
                           .lines;
    return std::ranges::count(lines, what + place.output("statistics.csv").string()) == 1;
  };
  place.options.statistics = true;
  place.predict();
  place.options.statistics = false;
  place.options.step_size = 1;
  CHECK(intends("replaces ", "scans/b_0000.nii.gz"));
  CHECK(intends("removes ", "scans"));
  place.predict("scans/b_0000.nii.gz");
  CHECK(place.said("are not asked for now, and go: b"));
  CHECK(seg::read_json(place.output("statistics.json")).size() == 2);
  place.predict();
  CHECK(place.said("are not asked for now, and go: a, c"));
  CHECK_FALSE(fs::exists(place.output("statistics.json")));
}

TEST_CASE("segmentations of two formats in one folder know each other") {
  Workplace place;
  const std::string scan = "scans/a_0000.nii.gz";
  place.options.uncertainty = true;
  place.options.output_type = "nrrd";
  place.predict(scan);
  place.options.output_type = "nii";
  place.options.uncertainty = false;
  CHECK(place.predict(scan) == Names{"a"});
  CHECK(place.said("stay there that end otherwise than .nii, as they are: a.nrrd"));
  CHECK_FALSE(fs::exists(place.output("uncertainty/a.nrrd")));
  SECTION("seg's own is made again") {
    place.options.output_type = "nrrd";
    place.options.uncertainty = true;
    CHECK(place.predict(scan) == Names{"a"});
    CHECK(fs::exists(place.output("uncertainty/a.nrrd")));
    CHECK(place.predict(scan).empty());
    place.options.output_type = "nii";
    place.options.uncertainty = false;
    CHECK(place.predict(scan) == Names{"a"});
  }
  SECTION("what somebody corrected stays") {
    auto corrected = seg::data::read_label_map(place.output("a.nrrd"));
    corrected.data.fill_(1);
    seg::data::write_label_map(place.output("a.nrrd"), corrected.data[0], corrected.geometry);
    place.options.output_type = "nrrd";
    CHECK(place.predict(scan).empty());
    CHECK(place.said("were changed since seg made them"));
    CHECK(seg::data::read_label_map(place.output("a.nrrd")).data.equal(corrected.data));
  }
  SECTION("what seg never made is refused") {
    const auto made = seg::data::read_label_map(place.output("a.nii"));
    seg::data::write_label_map(place.output("a.mha"), made.data[0], made.geometry);
    place.options.output_type = "mha";
    CHECK_THROWS_WITH(place.predict(scan), Contains("of which no record of seg tells, a"));
  }
}

TEST_CASE("a single scan's statistics go with the segmentation they are of, and damage is told") {
  Workplace place;
  const fs::path scan = place.folder / "scans/b_0000.nii.gz", single = place.folder / "single";
  const auto predict = [&] {
    return seg::train::predict(place.folder / "model", scan, single / "one.nii.gz", place.options);
  };
  place.options.statistics = true;
  predict();
  REQUIRE(fs::exists(single / "one_statistics.csv"));
  place.options.statistics = false;
  place.options.labels = {"front"};
  predict();
  CHECK_FALSE(fs::exists(single / "one_statistics.csv"));
  CHECK_FALSE(fs::exists(single / "one_statistics.json"));
  std::ofstream(scan) << "no image";
  CHECK_THROWS_WITH(predict(), Contains("b_0000.nii.gz: ") && !Contains("is there already"));
}

TEST_CASE("what was made beside an earlier segmentation goes with it") {
  Workplace place;
  place.options.save_probabilities = place.options.uncertainty = true;
  place.options.statistics = place.options.split_labels = true;
  place.predict();
  REQUIRE(fs::exists(place.output("a/front.nii.gz")));
  REQUIRE(fs::exists(place.output("statistics.json")));
  place.options = {};
  place.options.mirroring = false;
  place.options.step_size = 1;
  CHECK(place.predict().size() == 3);
  for (const char* file : {"a.npz", "a.pkl", "a.json", "uncertainty/a.nii.gz", "a/front.nii.gz"}) {
    INFO(file);
    CHECK_FALSE(fs::exists(place.output(file)));
  }
  CHECK_FALSE(fs::exists(place.output("statistics.json")));
  CHECK_FALSE(fs::exists(place.output("statistics.csv")));
}

TEST_CASE("a record tells what a segmentation was computed in, which makes it no other one") {
  Workplace place;
  place.predict();
  seg::Json record = seg::read_json(place.output("records/a.json"));
  const at::Device device = seg::train::choose_device(place.options.device);
  const auto precision = seg::train::choose_precision(place.options.precision, device);
  CHECK(record["computed_in"]["device"] == seg::train::device_name(device));
  CHECK(record["computed_in"]["precision"] == seg::train::precision_name(precision));
  CHECK(record["computed_in"]["threads"].get<int>() > 0);
  record["computed_in"] = {{"precision", "another machine's"}};
  seg::write_json(place.output("records/a.json"), record);
  CHECK(place.predict().empty());
}

TEST_CASE("a single scan's file that is there is kept, made again or somebody's") {
  Workplace place;
  const fs::path file = place.folder / "single/one.nii.gz";
  const auto predict = [&](const std::string& scan) {
    return seg::train::predict(place.folder / "model", place.folder / scan, file, place.options)
        .finished;
  };
  const std::string scan = "scans/b_0000.nii.gz";
  CHECK(predict(scan) == Names{"b"});
  CHECK(predict(scan).empty());
  CHECK_THROWS_WITH(predict("scans/a_0000.nii.gz"),
                    Contains("one.nii.gz: is there already") && Contains("use `overwrite`"));
  place.options.step_size = 0.6;
  CHECK(predict(scan) == Names{"b"});

  // Corrected by hand, it is not lost, whether it would count as done or not.
  auto corrected = seg::data::read_label_map(file);
  corrected.data.fill_(1);
  seg::data::write_label_map(file, corrected.data[0], corrected.geometry);
  CHECK_THROWS_WITH(predict(scan), Contains("was changed since seg made it"));
  place.options.step_size = 0.5;
  CHECK_THROWS_WITH(predict(scan), Contains("was changed since seg made it"));
  CHECK(seg::data::read_label_map(file).data.equal(corrected.data));
  place.options.overwrite = true;
  CHECK(predict(scan) == Names{"b"});
  CHECK_FALSE(seg::data::read_label_map(file).data.equal(corrected.data));

  place.options.overwrite = false;
  fs::remove_all(place.folder / "single/records");
  CHECK_THROWS_WITH(predict(scan), Contains("is there already"));
  std::ofstream(file).close();
  CHECK(predict(scan) == Names{"b"});
}

TEST_CASE("what counts as done is read by the plan's reader") {
  Workplace place;
  place.set_reader("NibabelIO");
  place.predict();
  // A copy has another time; a shear is a grid for nibabel's reader, but not for ITK's.
  seg::data::Image scan = seg::data::read_label_map(
      place.output("b.nii.gz"), seg::data::image_reader("NibabelIO", "plans.json"));
  scan.geometry.direction = {1, 0.3, 0, 0, 1, 0, 0, 0, 1};
  seg::data::write_label_map(place.output("b.nii.gz"), scan.data[0], scan.geometry);
  CHECK(place.predict().empty());
}
