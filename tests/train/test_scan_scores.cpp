#include "predict/scan_scores.hpp"

#include "catch.hpp"
#include "predict/memory_need.hpp"
#include "predict/scan_admission.hpp"
#include "predict/uncertainty.hpp"
#include "seg/data/scratch_array.hpp"
#include "seg/plan/error.hpp"
#include "small_model.hpp"
#include "test_files.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

/// A crop of a scan whose axes were moved by transpose_forward = {1, 2, 0}.
struct Cropped : plan::Experiment {
  data::CaseProperties properties;

  Cropped() {
    plans.transpose_forward = {1, 2, 0};
    plans.transpose_backward = {2, 0, 1};
    labels.all = {0, 1, 2};
    properties.shape_before_cropping = {7, 8, 9};
    properties.box = {{1, 2, 3}, {5, 7, 9}};
    properties.shape_after_cropping = {4, 5, 6};
  }
  train::ScanScores scores(const at::Tensor& logits, const std::optional<fs::path>& folder) const {
    train::ScoresOnScan on_scan(properties, *this, {true, true, true}, folder);
    for (std::int64_t z = 0; z < logits.size(1); ++z) on_scan.put(z, logits.select(1, z));
    return on_scan.result();
  }
};

at::Tensor in_scan(const at::Tensor& inside, double outside) {
  at::Tensor whole = at::full({7, 8, 9}, outside, inside.options());
  whole.slice(0, 1, 5).slice(1, 2, 7).slice(2, 3, 9).copy_(inside);
  return whole.permute({2, 0, 1});
}

bool alike(const train::ScanScores& a, const train::ScanScores& b) {
  return at::equal(a.logits, b.logits) && at::equal(a.probabilities, b.probabilities) &&
         at::equal(a.uncertainty, b.uncertainty);
}

}  // namespace

TEST_CASE("scores of a crop lie where it was, and outside is background, surely") {
  Cropped one;
  const at::Tensor logits = at::randn({3, 4, 5, 6}), labels = at::softmax(logits, 0);
  const train::ScanScores scores = one.scores(logits, std::nullopt);
  const double impossible = -std::numeric_limits<double>::infinity();
  CHECK(at::equal(scores.logits[0], in_scan(logits[0], 0)));
  CHECK(at::equal(scores.logits[2], in_scan(logits[2], impossible)));
  CHECK(at::allclose(scores.probabilities[0], in_scan(labels[0], 1)));
  CHECK(at::allclose(scores.probabilities[1], in_scan(labels[1], 0)));
  CHECK(at::allclose(scores.uncertainty, in_scan(train::uncertainty_of(labels, false), 0), 1e-5,
                     1e-6));
  one.labels.regions = {{1, 2}, {2}, {1}};
  one.labels.regions_class_order = {1, 2, 3};
  const train::ScanScores regions = one.scores(logits, std::nullopt);
  CHECK(at::equal(regions.logits[0], in_scan(logits[0], impossible)));
  CHECK(at::allclose(regions.probabilities[0], in_scan(logits[0].sigmoid(), 0)));
}

TEST_CASE("scores in files are those in memory, and leave no file") {
  const test::TemporaryFolder folder;
  const Cropped one;
  const at::Tensor logits = at::randn({3, 4, 5, 6});
  const train::ScanScores scores = one.scores(logits, folder.path());
  CHECK(alike(scores, one.scores(logits, std::nullopt)));
  CHECK(fs::is_empty(folder.path()));
  CHECK_THROWS_WITH(one.scores(logits, folder / "nowhere"), ContainsSubstring("has no room for"));
}

TEST_CASE("scores for which the disk has no room are refused before anything is written") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH(data::scratch_array({1 << 20, 1 << 20, 1 << 18}, folder.path()),
                    ContainsSubstring("has no room for"));
  CHECK_THROWS_WITH(data::scratch_array({2, 3}, folder / "nowhere"),
                    ContainsSubstring("nowhere: has no room for"));
  CHECK(fs::is_empty(folder.path()));
}

namespace {

/// A model, a scan for it that is large beside its networks, and what it needs.
struct Admitting {
  test::TemporaryFolder folder;
  train::Model model;
  train::SlidingWindowOptions window;
  data::Case scan;

  Admitting() : scan{"a", {folder / "a_0000.nii"}, {}} {
    test::write_small_model(folder / "model", {"0"});
    data::write_image(scan.channels[0], at::rand({1, 60, 200, 200}), {});
    model = train::load_model(folder / "model", {{"0"}, "final"});
    window.patch_size = {16, 16, 16};
  }
  std::int64_t need(bool scores_in_files, bool sums_in_files) const {
    const data::ImageHeader header{{1, 60, 200, 200}, {1, 1, 1}};
    return train::scan_need({model, window}, header,
                            {{.probabilities = true}, scores_in_files, sums_in_files})
               .host +
           4 * 60 * 200 * 200;
  }
  /// When that much is left beside the networks.
  train::ScratchFolders folders(std::int64_t bytes) const {
    constexpr std::int64_t most = 1'500'000'000;  // so little that networks are measured
    const std::int64_t networks =
        most - train::ScanAdmission(model, window, {.most = most}).memory();
    train::ScanAdmission admission(
        model, window, {networks + bytes, {.probabilities = true}, false, folder / "scratch"});
    return admission.admit(scan, 0).scratch;
  }
};

}  // namespace

TEST_CASE("what of a scan does not fit lies in files: scores, then sums of tiles") {
  const Admitting one;
  constexpr std::int64_t margin = 3'000'000;  // what this process may take meanwhile
  REQUIRE(one.need(true, true) + 2 * margin < one.need(true, false));
  REQUIRE(one.need(true, false) + 2 * margin < one.need(false, false));
  const auto all = one.folders(one.need(false, false) + margin);
  CHECK_FALSE(all.scores);
  CHECK_FALSE(all.sums);
  const auto sums = one.folders(one.need(true, false) + margin);
  CHECK(sums.scores == one.folder / "scratch");
  CHECK_FALSE(sums.sums);
  CHECK(one.folders(one.need(true, true) + margin).sums == one.folder / "scratch");
  CHECK_THROWS_WITH(one.folders(one.need(true, true) / 2), ContainsSubstring("needs about"));
}

TEST_CASE("sums of tiles in a file give the logits that those in memory give") {
  const test::TemporaryFolder folder;
  test::write_small_model(folder / "model", {"0"});
  const train::Model model = train::load_model(folder / "model", {{"0"}, "final"});
  train::SlidingWindowOptions window;
  window.patch_size = {16, 16, 16};
  const at::Tensor scan = at::randn({1, 40, 30, 20});
  const at::Tensor logits = train::sliding_window_logits(model.networks, scan, window);
  window.scratch = {folder.path(), folder.path()};
  CHECK(at::equal(train::sliding_window_logits(model.networks, scan, window), logits));
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
  for (auto* place : {&window.scratch.scores, &window.scratch.sums}) {
    window.scratch = {};
    *place = folder / "nowhere";
    CHECK_THROWS_WITH(train::sliding_window_logits(model.networks, scan, window),
                      ContainsSubstring("has no room for"));
  }
}
