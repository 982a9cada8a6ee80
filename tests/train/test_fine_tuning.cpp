#include <fstream>

#include "seg/net/network.hpp"
#include "seg/plan/named_architecture.hpp"
#include "seg/train/sha256.hpp"
#include "text.hpp"
#include "tiny_training.hpp"

using namespace seg;
using namespace seg::test;
namespace fs = std::filesystem;

namespace {

const char* const kBody = "encoder.stages.0.0.convs.0.conv.weight";
const char* const kHead = "decoder.seg_layers.1.weight";
constexpr char kEmptySum[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A checkpoint to start from, and WORK with its run removed.
struct Source {
  fs::path work, checkpoint;
};

Source trained_source(const TemporaryFolder& folder) {
  const auto work = write_tiny_work(folder);
  auto options = tiny_options();
  options.settings["epochs"] = 1;
  const auto fold = train_through(work, options).folder;
  fs::rename(fold / "checkpoint_final.pth", folder / "source.pth");
  fs::remove_all(fold);
  return {work, folder / "source.pth"};
}

double change_of(const Source& source, const fs::path& after, const char* name) {
  return (weight_of(after, name) - weight_of(source.checkpoint, name)).abs().max().item<double>();
}

}  // namespace

TEST_CASE("nnssl's network has as many parameters as nnU-Net's of that name") {
  const auto network =
      net::build_network(*plan::architecture_named("ResEncL"), {.input_channels = 1, .outputs = 4});
  std::int64_t numbers = 0;
  std::size_t tensors = 0;
  for (const at::Tensor& parameter : network->parameters()) {
    numbers += parameter.numel();
    ++tensors;
  }
  CHECK(numbers == 102351380);  // dynamic_network_architectures 0.4.4, four classes
  CHECK(tensors == 264);
}

TEST_CASE("frozen parameters stay as they are, the others are trained") {
  const TemporaryFolder folder;
  const auto source = trained_source(folder);
  auto options = tiny_options();
  options.pretrained = source.checkpoint.string();
  options.settings["freeze"] = {"encoder"};
  const auto trained = train_through(source.work, options).folder / "checkpoint_final.pth";
  CHECK(change_of(source, trained, kBody) == 0);
  CHECK(change_of(source, trained, kHead) > 0);
  options.settings["freeze"] = {"encodr"};
  options.overwrite = true;
  CHECK(contains(error_of(source.work, options), "names begin with decoder, encoder"));
}

TEST_CASE("the body learns at its part of the heads' rate, also after a resume") {
  const TemporaryFolder folder;
  const auto source = trained_source(folder);
  auto options = tiny_options();
  options.pretrained = source.checkpoint.string();
  options.settings["head_lr_factor"] = 1e-9;
  const auto fold = train_through(source.work, options).folder;
  CHECK(change_of(source, fold / "checkpoint_final.pth", kBody) < 1e-6);
  CHECK(change_of(source, fold / "checkpoint_final.pth", kHead) > 1e-4);
  fs::rename(fold / "checkpoint_final.pth", folder / "uninterrupted.pth");
  fs::remove_all(fold);

  CHECK(train_until(source.work, options, {"epoch 2/2", 2}).interrupted);
  auto resumed = tiny_options();
  resumed.settings = Json::object();
  resumed.resume = true;
  train_through(source.work, resumed);
  CHECK(equal_weights(folder / "uninterrupted.pth", fold / "checkpoint_final.pth"));
}

TEST_CASE("pretrained weights come from a URL, with a checksum if one is asked for") {
  const TemporaryFolder folder;
  const auto source = trained_source(folder);
  auto options = tiny_options();
  options.settings["epochs"] = 1;
  options.settings["learning_rate"] = 1e-30;
  options.pretrained = "file://" + source.checkpoint.string();
  options.pretrained_sha256 = kEmptySum;
  CHECK(contains(error_of(source.work, options), "has the SHA-256 "));
  options.pretrained_sha256.reset();
  const auto fold = train_through(source.work, options).folder;
  CHECK(bytes_of(source.work / "pretrained/source.pth") == bytes_of(source.checkpoint));
  CHECK(change_of(source, fold / "checkpoint_final.pth", kBody) == 0);
  options.pretrained = "file://" + (folder / "nothing.pth").string();
  options.overwrite = true;
  CHECK(contains(error_of(source.work, options), "cannot be downloaded"));
  CHECK_FALSE(fs::exists(source.work / "pretrained/nothing.pth"));
}

TEST_CASE("checksums are compared without regard to case") {
  const TemporaryFolder folder;
  const auto file = folder / "empty";
  std::ofstream{file};
  std::string sum = kEmptySum;
  CHECK_NOTHROW(train::check_sha256(file, sum));
  sum[0] = 'E';
  CHECK_NOTHROW(train::check_sha256(file, sum));
  sum[0] = 'f';
  CHECK_THROWS_AS(train::check_sha256(file, sum), Error);
  CHECK_THROWS_AS(train::check_sha256(folder / "nothing", sum), Error);
}
