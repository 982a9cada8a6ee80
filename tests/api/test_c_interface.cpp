#include <cstring>
#include <vector>

#include "catch.hpp"
#include "seg/seg.h"
#include "test_files.hpp"
#include "train/small_model.hpp"

using namespace seg;

namespace {

struct OpenModel {
  test::TemporaryFolder folder;
  std::string path = (folder / "model").string();
  seg_predictor* predictor = nullptr;
  seg_error error{};

  OpenModel() {
    test::write_small_model(folder / "model", {"0"});
    const char* models[] = {path.c_str()};
    SEG_INIT(seg_options, options);
    options.threads = 1;
    REQUIRE(seg_open(models, 1, &options, &predictor, &error) == SEG_OK);
  }
  ~OpenModel() { seg_close(predictor); }
};

/// 12 x 14 x 16 voxels of noise.
struct Noise {
  std::vector<float> voxels;
  seg_image image{};

  Noise() {
    const at::Tensor noise = at::rand({12, 14, 16}) + 1;
    voxels.assign(noise.const_data_ptr<float>(), noise.const_data_ptr<float>() + noise.numel());
    image = {sizeof(seg_image), voxels.data(), {1, 12, 14, 16}, {1, 1, 1}, {}, {}, 0};
  }
};

int stop_at_networks(void* user, const char* step, size_t, size_t) {
  ++*static_cast<int*>(user);
  return std::strcmp(step, "networks") == 0;
}

}  // namespace

TEST_CASE("the C interface gives labels and scores into the caller's arrays") {
  const OpenModel model;
  const Noise scan;
  REQUIRE(seg_outputs(model.predictor) == 3);
  CHECK(std::string(seg_output_name(model.predictor, 2)) == "back");
  CHECK(seg_output_label(model.predictor, 2) == 2);
  CHECK(seg_output_name(model.predictor, 3) == nullptr);
  const std::size_t count = scan.voxels.size();
  std::vector<std::int16_t> labels(count, -1);
  std::vector<float> probabilities(3 * count);
  SEG_INIT(seg_results, results);
  results.labels = labels.data();
  results.probabilities = probabilities.data();
  REQUIRE(seg_segment(model.predictor, &scan.image, &results, nullptr, nullptr) == SEG_OK);
  const at::Tensor most_likely =
      at::from_blob(probabilities.data(), {3, static_cast<std::int64_t>(count)}).argmax(0);
  CHECK(at::from_blob(labels.data(), {static_cast<std::int64_t>(count)}, at::kShort)
            .to(at::kLong)
            .equal(most_likely));
  std::uint64_t host = 0, device = 1;
  REQUIRE(seg_memory_needed(model.predictor, &scan.image, nullptr, &host, &device, nullptr) ==
          SEG_OK);
  CHECK(host > count * sizeof(float));
  CHECK(device == 0);
}

TEST_CASE("the C interface tells what is wrong by kind and text") {
  seg_error error{};
  seg_predictor* predictor = nullptr;
  const char* models[] = {"/nowhere"};
  CHECK(seg_open(models, 1, nullptr, &predictor, &error) == SEG_NOT_FOUND);
  CHECK(error.kind == SEG_NOT_FOUND);
  CHECK_THAT(error.text, ContainsSubstring("/nowhere"));
  CHECK(predictor == nullptr);
  CHECK(seg_open(nullptr, 1, nullptr, &predictor, &error) == SEG_BAD_SETTING);
  CHECK(seg_segment(nullptr, nullptr, nullptr, nullptr, &error) == SEG_BAD_SETTING);

  OpenModel model;
  const char* there[] = {model.path.c_str()};
  SEG_INIT(seg_options, options);
  options.engine = "steam";
  CHECK(seg_open(there, 1, &options, &predictor, &error) == SEG_BAD_SETTING);
  CHECK_THAT(error.text, ContainsSubstring("steam"));
  Noise scan;
  SEG_INIT(seg_results, results);
  scan.image.shape[0] = 2;
  scan.image.shape[1] = 6;
  CHECK(seg_segment(model.predictor, &scan.image, &results, nullptr, &model.error) ==
        SEG_BAD_INPUT);
  CHECK_THAT(model.error.text, ContainsSubstring("2 channel(s)"));
  seg_close(nullptr);
}

TEST_CASE("a callback in C ends a segmentation") {
  const OpenModel model;
  const Noise scan;
  int calls = 0;
  SEG_INIT(seg_results, results);
  seg_control control{sizeof(seg_control), stop_at_networks, &calls};
  CHECK(seg_segment(model.predictor, &scan.image, &results, &control, nullptr) == SEG_INTERRUPTED);
  CHECK(calls > 0);
}

TEST_CASE(
    "structs of older programs are shorter, those of newer ones are refused if they ask for more") {
  OpenModel model;
  const Noise scan;
  std::vector<std::int16_t> labels(scan.voxels.size());
  seg_results older{};
  older.size = offsetof(seg_results, probabilities);
  older.labels = labels.data();
  float untouched = 7;
  older.uncertainty = &untouched;  // beyond what an older program knows
  CHECK(seg_segment(model.predictor, &scan.image, &older, nullptr, nullptr) == SEG_OK);
  CHECK(untouched == 7);
  struct {
    seg_results known;
    void* later;
  } newer{};
  newer.known.size = sizeof newer;
  newer.known.labels = labels.data();
  CHECK(seg_segment(model.predictor, &scan.image, &newer.known, nullptr, nullptr) == SEG_OK);
  newer.later = &newer;
  CHECK(seg_segment(model.predictor, &scan.image, &newer.known, nullptr, &model.error) ==
        SEG_BAD_SETTING);
  CHECK_THAT(model.error.text, ContainsSubstring("this version of seg does not know"));
}
