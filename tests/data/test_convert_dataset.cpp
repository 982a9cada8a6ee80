#include "seg/data/convert_dataset.hpp"

#include "catch.hpp"
#include "image/volume_file.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace fs = std::filesystem;

namespace {

seg::Json decathlon_json() {
  return {{"name", "Ball"},
          {"tensorImageSize", "4D"},
          {"modality", {{"0", "T2"}, {"1", "ADC"}}},
          {"labels", {{"0", "background"}, {"1", "ball"}}},
          {"numTraining", 1},
          {"numTest", 0},
          {"training", seg::Json::array()},
          {"test", seg::Json::array()}};
}

/// Two channels as a fourth axis: ITK's NIfTI writer is not in seg, so the file is made from the
/// bytes of a 3D one.
void write_4d(const fs::path& file, const at::Tensor& channels) {
  const fs::path flat = file.parent_path() / "flat.nii";
  seg::data::write_volume(flat, {channels.flatten(0, 1), {}});
  std::string bytes = seg::test::bytes_of(flat);
  fs::remove(flat);
  const std::array<std::int16_t, 5> extents{
      4, static_cast<std::int16_t>(channels.size(3)), static_cast<std::int16_t>(channels.size(2)),
      static_cast<std::int16_t>(channels.size(1)), static_cast<std::int16_t>(channels.size(0))};
  bytes.replace(40, sizeof extents, reinterpret_cast<const char*>(extents.data()), sizeof extents);
  const float one = 1;
  bytes.replace(76 + 16, sizeof one, reinterpret_cast<const char*>(&one), sizeof one);
  seg::test::write_text(file, bytes);
}

void write_labels(const fs::path& folder) {
  seg::data::write_label_map(folder / "labelsTr" / "ball_1.nii.gz", at::ones({3, 4, 5}, at::kShort),
                             {});
}

}  // namespace

TEST_CASE("4D images of the Decathlon become one file per channel") {
  const seg::test::TemporaryFolder folder;
  const fs::path source = folder / "Task01_Ball", target = folder / "Dataset001_Ball";
  fs::create_directories(source / "imagesTr");
  const at::Tensor channels = at::arange(2 * 3 * 4 * 5, at::kShort).view({2, 3, 4, 5});
  write_4d(source / "imagesTr" / "ball_1.nii", channels);
  // The reader of .nii.gz takes plain content too when it is named .nii only, so compress it.
  REQUIRE(std::system(("gzip " + (source / "imagesTr" / "ball_1.nii").string()).c_str()) == 0);
  seg::test::write_text(source / "imagesTr" / "._ball_1.nii.gz", "left behind by another system");
  write_labels(source);
  seg::write_json(source / "dataset.json", decathlon_json());
  seg::data::convert_decathlon(source, target, 2);

  const auto dataset = seg::plan::read_dataset(target);
  CHECK(dataset.channel_names == std::vector<std::string>{"T2", "ADC"});
  CHECK(dataset.labels.at(1).name == "ball");
  CHECK_FALSE(dataset.json.contains("training"));
  const auto cases = seg::data::training_cases(target, dataset);
  REQUIRE(cases.size() == 1);
  CHECK(seg::data::read_image(cases[0].channels).data.equal(channels.to(at::kFloat)));
  const auto first = seg::data::read_volume(cases[0].channels[0], {}, {});
  CHECK(first.voxels.scalar_type() == at::kShort);
}

TEST_CASE("a task of nnU-Net v1 is copied and its dataset.json rewritten") {
  const seg::test::TemporaryFolder folder;
  const fs::path source = folder / "Task501_Ball", target = folder / "Dataset501_Ball";
  for (const char* channel : {"_0000.nii.gz", "_0001.nii.gz"})
    seg::data::write_image(source / "imagesTr" / (std::string("ball_1") + channel),
                           at::rand({3, 4, 5}), {});
  write_labels(source);
  seg::write_json(source / "dataset.json", decathlon_json());
  seg::data::convert_version_1(source, target, 1);
  const auto dataset = seg::plan::read_dataset(target);
  CHECK(seg::data::training_cases(target, dataset).size() == 1);
  CHECK(dataset.file_ending == ".nii.gz");
  CHECK_THROWS_WITH(seg::data::convert_version_1(source, target, 1),
                    ContainsSubstring("is there already"));
}

TEST_CASE("what is no such dataset is refused and leaves nothing behind") {
  const seg::test::TemporaryFolder folder;
  const fs::path source = folder / "Task01_Ball", target = folder / "Dataset001_Ball";
  const auto convert = [&] { seg::data::convert_decathlon(source, target, 1); };
  CHECK_THROWS_WITH(convert(), ContainsSubstring("dataset.json"));
  seg::write_json(source / "dataset.json", {{"labels", {{"background", 0}}}});
  CHECK_THROWS_WITH(convert(), ContainsSubstring("modality"));
  seg::Json json = decathlon_json();
  seg::write_json(source / "dataset.json", json);
  CHECK_THROWS_WITH(convert(), ContainsSubstring("imagesTr"));
  json["labels"] = {{"zero", "background"}};
  seg::write_json(source / "dataset.json", json);
  CHECK_THROWS_WITH(convert(), ContainsSubstring("labels"));
  seg::write_json(source / "dataset.json", decathlon_json());
  fs::create_directories(source / "imagesTr");
  seg::test::write_text(source / "imagesTr" / "ball_1.nii.gz", "no image");
  write_labels(source);
  CHECK_THROWS_WITH(convert(), ContainsSubstring("ball_1.nii.gz"));
  CHECK_FALSE(fs::exists(target));
  for (const auto& entry : fs::directory_iterator(folder.path()))
    CHECK_FALSE(entry.path().filename().string().starts_with(".writing-"));
}
