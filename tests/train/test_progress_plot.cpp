#include "seg/train/progress_plot.hpp"

#include <fstream>
#include <iterator>
#include <limits>

#include "catch.hpp"
#include "test_files.hpp"

using namespace seg;
using namespace seg::train;

namespace {

std::string first_bytes(const std::filesystem::path& file) {
  std::string bytes(4, ' ');
  std::ifstream(file, std::ios::binary).read(bytes.data(), 4);
  return bytes;
}

}  // namespace

TEST_CASE("progress is drawn from the first epoch on, also through epochs without Dice") {
  const test::TemporaryFolder folder;
  const auto file = folder / "progress.png";
  TrainingLog log;
  for (int epoch = 0; epoch < 3; ++epoch) {
    const double dice = epoch == 1 ? std::numeric_limits<double>::quiet_NaN() : 0.5;
    append(log, {-0.1 * epoch, -0.2 * epoch, 0.01, 10.0 * epoch, 10.0 * epoch + 8, {dice}});
    plot_progress(file, log, {"liver"});
    CHECK(first_bytes(file) == "\x89PNG");
  }
  CHECK(std::filesystem::file_size(file) > 2000);
}

TEST_CASE("each class is drawn apart") {
  const test::TemporaryFolder folder;
  const auto picture_of = [&](const std::vector<double>& dice,
                              const std::vector<std::string>& classes) {
    TrainingLog log;
    for (int epoch = 0; epoch < 2; ++epoch) append(log, {-0.1, -0.2, 0.01, 0, 8, dice});
    plot_progress(folder / "progress.png", log, classes);
    std::ifstream stream(folder / "progress.png", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const auto even = picture_of({0.5, 0.5}, {"liver", "tumour"});
  CHECK(even != picture_of({0.2, 0.8}, {"liver", "tumour"}));  // of the same mean
  CHECK(even != picture_of({0.5, 0.5}, {"liver", "spleen"}));
  CHECK(even == picture_of({0.5, 0.5}, {"liver", "tumour"}));
  const std::vector<std::string> many(104, "a name # that is too long for the picture");
  CHECK(picture_of(std::vector<double>(104, 0.5), many).starts_with("\x89PNG"));
}

TEST_CASE("a picture that cannot be written is an error, not a question") {
  TrainingLog log;
  append(log, {-0.1, -0.2, 0.01, 0, 8, {0.5}});
  CHECK_THROWS_AS(plot_progress("/proc/nowhere/progress.png", log, {"liver"}), std::exception);
}
