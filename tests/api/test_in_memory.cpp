#include <ATen/Parallel.h>
#include <omp.h>

#include <atomic>
#include <thread>

#include "catch.hpp"
#include "predict/loaded_model.hpp"
#include "predict/memory_need.hpp"
#include "seg/data/plugin.hpp"
#include "seg/predictor.hpp"
#include "seg/train/ensemble.hpp"
#include "seg/train/predictor.hpp"
#include "seg/train/probabilities.hpp"
#include "skip.hpp"
#include "test_files.hpp"
#include "train/small_model.hpp"

namespace fs = std::filesystem;
using namespace seg;

namespace {

constexpr char kLowres[] = "t__small__3d_lowres", kCascade[] = "t__small__3d_cascade_fullres";

at::Tensor tensor_of(const Array<std::int16_t>& array) {
  return at::from_blob(array.values.get(), array.shape, at::kShort);
}
at::Tensor tensor_of(const Array<float>& array) {
  return at::from_blob(array.values.get(), array.shape, at::kFloat);
}

/// A scan as a program holds it.
struct Scan {
  data::Image read;

  explicit Scan(const fs::path& file) : read(data::read_image({file})) {}
  Image image() const {
    Image image{read.data.const_data_ptr<float>(), {}, {}};
    std::ranges::copy(read.data.sizes(), image.shape.begin());
    image.geometry = {read.geometry.spacing, read.geometry.origin, read.geometry.direction, false};
    return image;
  }
};

struct Workplace {
  test::TemporaryFolder folder;
  PredictorOptions options;

  Workplace() {
    at::manual_seed(5);
    options.threads = 1;
    test::write_small_model(folder / "model", {"0", "1"});
    test::write_small_scan(scan_file());
  }
  fs::path scan_file() const { return folder / "scans/a_0000.nii.gz"; }
  Scan scan() const { return Scan(scan_file()); }

  /// What `seg predict` makes of the scan.
  at::Tensor predicted(const std::string& model, const std::string& output,
                       bool probabilities = false) const {
    train::PredictOptions all;
    all.threads = options.threads;
    all.mirroring = options.mirroring;
    all.save_probabilities = probabilities;
    train::predict(folder / model, folder / "scans", folder / output, all);
    return data::read_label_map(folder / (output + "/a.nii.gz")).data[0];
  }
};

/// A cascade with random weights: two models, the second with two channels more.
void write_small_cascade(const fs::path& folder) {
  Json plans = test::small_plans();
  Json lowres = plans["configurations"]["3d_fullres"], second = lowres;
  lowres["spacing"] = {1.5, 1.5, 1.5};
  lowres["next_stage"] = "3d_cascade_fullres";
  second["previous_stage"] = "3d_lowres";
  plans["configurations"] = {{"3d_lowres", lowres}, {"3d_cascade_fullres", second}};
  for (const std::string name : {kLowres, kCascade}) {
    const std::string configuration = name.substr(name.rfind("__") + 2);
    write_json(folder / name / "dataset.json", test::small_dataset());
    write_json(folder / name / "plans.json", plans);
    const auto network = net::build_network(
        plan::plans_from_json(plans, "test").configuration(configuration).architecture,
        {.input_channels = name == kCascade ? 3 : 1, .outputs = 3, .deep_supervision = true});
    net::Value::Dict weights;
    for (const auto& [key, tensor] : net::state_dict(*network))
      weights.push_back({test::text(key), {tensor.detach().clone()}});
    const net::Value::Dict arguments = {{test::text("configuration"), test::text(configuration)}};
    net::write_checkpoint(folder / name / "fold_0/checkpoint_final.pth",
                          {net::Value::Dict{{test::text("network_weights"), {weights}},
                                            {test::text("init_args"), {arguments}},
                                            {test::text("trainer_name"), test::text("t")}}});
  }
}

}  // namespace

TEST_CASE("a scan in memory gets the mask that its file gets") {
  Workplace place;
  place.options.mirroring = GENERATE(true, false);
  const Scan scan = place.scan();
  const auto predictor = Predictor::load(place.folder / "model", place.options);
  const at::Tensor expected = place.predicted("model", "out");
  CHECK(expected.gt(0).any().item<bool>());
  for (int repetition = 0; repetition < 2; ++repetition)
    CHECK(at::equal(tensor_of(predictor.segment(scan.image()).labels), expected));
  CHECK(predictor.channels() == std::vector<std::string>{"MRI"});
  CHECK(predictor.outputs() ==
        std::vector<std::pair<std::string, int>>{{"background", 0}, {"front", 1}, {"back", 2}});
}

TEST_CASE("a model that reorients scans does so in memory, too") {
  const Workplace place;
  Json plans = test::small_plans();
  plans["image_reader_writer"] = "SimpleITKIOWithReorient";
  write_json(place.folder / "model/plans.json", plans);
  Scan scan = place.scan();
  scan.read.data = scan.read.data.flip({3}).transpose(1, 2).contiguous();
  scan.read.geometry.spacing = {1.25, 1, 0.75};
  scan.read.geometry.origin[0] += 17 * 1.25;
  scan.read.geometry.direction = {-1, 0, 0, 0, -0.6, 0.8, 0, 0.8, 0.6};
  data::write_image(place.scan_file(), scan.read.data[0], scan.read.geometry);
  const auto predictor = Predictor::load(place.folder / "model", place.options);
  SegmentControl control;
  control.probabilities = true;
  const Segmentation made = predictor.segment(place.scan().image(), control);
  // Label maps are read in the order of the file here.
  CHECK(at::equal(tensor_of(made.labels), place.predicted("model", "out")));
  CHECK(tensor_of(made.probabilities).argmax(0).equal(tensor_of(made.labels).to(at::kLong)));
}

TEST_CASE("probabilities, logits and uncertainty of a scan in memory agree with each other") {
  const Workplace place;
  const auto predictor = Predictor::load(place.folder / "model", place.options);
  SegmentControl control;
  control.probabilities = control.logits = control.uncertainty = true;
  const Segmentation made = predictor.segment(place.scan().image(), control);
  const at::Tensor probabilities = tensor_of(made.probabilities);
  CHECK(at::equal(tensor_of(made.labels), place.predicted("model", "out", true)));
  CHECK(at::equal(probabilities, train::read_probabilities(place.folder / "out/a.npz")));
  CHECK(at::allclose(tensor_of(made.logits).softmax(0), probabilities, 1e-4, 1e-6));
  const at::Tensor p = probabilities.to(at::kDouble).clamp_min(1e-300);
  CHECK(at::allclose(tensor_of(made.uncertainty).to(at::kDouble),
                     -(p * p.log()).sum(0) / std::log(3.0), 1e-4, 1e-6));
  CHECK(tensor_of(made.uncertainty).min().item<float>() == 0);  // outside the crop box
}

TEST_CASE("several models in memory are averaged as seg ensemble averages them") {
  const Workplace place;
  test::write_small_model(place.folder / "other", {"0"});
  place.predicted("model", "first", true);
  place.predicted("other", "second", true);
  train::ensemble_folders({place.folder / "first", place.folder / "second"}, place.folder / "mean",
                          {.save_probabilities = true});
  const auto predictor =
      Predictor::load(std::vector{place.folder / "model", place.folder / "other"}, place.options);
  SegmentControl control;
  control.probabilities = control.logits = true;
  const Segmentation made = predictor.segment(place.scan().image(), control);
  CHECK(at::equal(tensor_of(made.labels),
                  data::read_label_map(place.folder / "mean/a.nii.gz").data[0]));
  CHECK(at::equal(tensor_of(made.probabilities),
                  train::read_probabilities(place.folder / "mean/a.npz")));
  CHECK(at::allclose(tensor_of(made.logits).softmax(0), tensor_of(made.probabilities), 1e-4, 1e-6));
}

TEST_CASE("a cascade in memory runs both stages") {
  const Workplace place;
  write_small_cascade(place.folder.path());
  const auto predictor = Predictor::load(place.folder / kCascade, place.options);
  CHECK(at::equal(tensor_of(predictor.segment(place.scan().image()).labels),
                  place.predicted(kCascade, "out")));
}

TEST_CASE("a cascade in memory runs both stages by OpenVINO, too") {
  if (!fs::exists(data::plugin_file("openvino")))
    return test::skip("this build is without OpenVINO");
  Workplace place;
  write_small_cascade(place.folder.path());
  place.options.precision = "fp32";
  const Scan scan = place.scan();
  const auto labels = [&](const std::string& engine) {
    place.options.engine = engine;
    const auto predictor = Predictor::load(place.folder / kCascade, place.options);
    return tensor_of(predictor.segment(scan.image()).labels).clone();
  };
  const at::Tensor expected = labels("seg"), found = labels("openvino");
  CHECK(found.ne(expected).sum().item<std::int64_t>() <= expected.numel() / 1000);
}

TEST_CASE("threads on one predictor and on two get the same masks as alone") {
  const Workplace place;
  const Scan scan = place.scan();
  const auto first = Predictor::load(place.folder / "model", place.options);
  const auto second = Predictor::load(place.folder / "model", place.options);
  const at::Tensor expected = tensor_of(first.segment(scan.image()).labels).clone();
  std::atomic<int> equal = 0;
  {
    std::vector<std::jthread> threads;
    for (const Predictor* predictor : {&first, &first, &second})
      threads.emplace_back([&, predictor] {
        for (int repetition = 0; repetition < 3; ++repetition)
          equal += at::equal(tensor_of(predictor->segment(scan.image()).labels), expected);
      });
  }
  CHECK(equal == 9);
}

TEST_CASE("progress is told, and a segmentation ends when it shall") {
  const Workplace place;
  const Scan scan = place.scan();
  const auto predictor = Predictor::load(place.folder / "model", place.options);
  std::vector<std::string> steps;
  SegmentControl control;
  control.reporter.progress = [&](const std::string& step, std::size_t done, std::size_t total) {
    CHECK(done <= total);
    if (steps.empty() || steps.back() != step) steps.push_back(step);
  };
  predictor.segment(scan.image(), control);
  CHECK(steps == std::vector<std::string>{"preparing", "networks"});

  std::atomic<bool> stop = false;
  control.stop = &stop;
  control.reporter.progress = [&](const std::string& step, std::size_t, std::size_t) {
    stop = step == "networks";
  };
  try {
    predictor.segment(scan.image(), control);
    FAIL("was not stopped");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::interrupted);
  }
  stop = false;
  control.reporter.progress = [](const std::string&, std::size_t, std::size_t) { throw 42; };
  CHECK_THROWS_AS(predictor.segment(scan.image(), control), int);
  CHECK_NOTHROW(predictor.segment(scan.image()));
}

TEST_CASE("segmenting changes no setting of the program around it and writes nothing") {
  const Workplace place;
  const int threads = at::get_num_threads(), omp_threads = omp_get_max_threads();
  const auto files = [&] {
    return std::distance(fs::recursive_directory_iterator(place.folder.path()), {});
  };
  const auto before = files();
  PredictorOptions options = place.options;
  options.threads = threads + 1;
  const auto predictor = Predictor::load(place.folder / "model", options);
  const auto generator = at::globalContext().defaultGenerator(at::kCPU).get_state();
  predictor.segment(place.scan().image());
  CHECK(at::globalContext().defaultGenerator(at::kCPU).get_state().equal(generator));
  CHECK(at::get_num_threads() == threads);
  CHECK(omp_get_max_threads() == omp_threads);
  int in_another_thread = 0;
  std::jthread([&] { in_another_thread = at::get_num_threads(); }).join();
  CHECK(in_another_thread == threads);
  CHECK(files() == before);
}

TEST_CASE("memory that is asked for before is enough, and not many times too much") {
  const Workplace place;
  const auto wanted =
      GENERATE(train::WantedScores{}, train::WantedScores{false, false, true},
               train::WantedScores{false, true, false}, train::WantedScores{true, true, true});
  const std::array<std::int64_t, 3> size =
      GENERATE(std::array<std::int64_t, 3>{40, 64, 56}, std::array<std::int64_t, 3>{10, 20, 30});
  train::PredictOptions options;
  options.mirroring = false;
  const auto loaded = train::load_to_stay(place.folder / "model", options);
  const data::Image scan{at::rand({1, size[0], size[1], size[2]}) + 1, {}, {}};
  const auto step = [](const std::string&, std::size_t, std::size_t) {};
  const auto used =
      train::peak_of_tensors([&] { train::segment_in_memory(*loaded, scan, wanted, step); });
  const train::WindowedModel windowed{loaded->model, loaded->window};
  const data::ImageHeader header{{1, size[0], size[1], size[2]}, {1, 1, 1}};
  const auto asked = train::scan_need(windowed, header, {wanted});
  const auto networks = train::network_need(windowed, header);
  INFO(used.host << " used; " << asked.host << " for the scan, " << networks.host << " networks");
  CHECK(used.host <= asked.host + networks.host);
  CHECK(asked.host + networks.host <= 4 * used.host);
}

TEST_CASE("what cannot be segmented in memory is refused with its kind") {
  const Workplace place;
  const auto predictor = Predictor::load(place.folder / "model", place.options);
  Scan scan = place.scan();
  const auto kind = [&](const Image& image) {
    try {
      predictor.segment(image);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::unexpected;
  };
  Image two = scan.image();
  two.shape = {2, 7, 20, 18};
  CHECK(kind(two) == ErrorKind::bad_input);
  CHECK(kind({}) == ErrorKind::bad_input);
  Image flat = scan.image();
  flat.geometry.spacing[1] = 0;
  CHECK(kind(flat) == ErrorKind::bad_input);
  scan.read.data.view(-1)[1000] = std::numeric_limits<float>::quiet_NaN();
  CHECK(kind(scan.image()) == ErrorKind::bad_input);
  CHECK_THROWS_WITH(Predictor::load("/nowhere"), ContainsSubstring("/nowhere"));
  CHECK_THROWS_AS(Predictor::load(std::vector<fs::path>{}), Error);
  PredictorOptions wrong;
  wrong.device = "abacus";
  CHECK_THROWS_WITH(Predictor::load(place.folder / "model", wrong), ContainsSubstring("abacus"));
  PredictorOptions unknown;
  unknown.engine = "steam";
  CHECK_THROWS_WITH(Predictor::load(place.folder / "model", unknown), ContainsSubstring("steam"));
}
