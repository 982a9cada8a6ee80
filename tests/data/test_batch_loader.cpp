#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "seg/data/batch_loader.hpp"
//
#include "catch.hpp"

using namespace seg::data;

namespace {

RawBatch numbered(std::uint64_t epoch, std::uint64_t iteration) {
  RawBatch batch;
  batch.data = at::full({256}, static_cast<double>(epoch * 100 + iteration), at::kFloat);
  batch.seg = at::zeros({256}, at::kShort);
  batch.epoch = epoch;
  batch.iteration = iteration;
  return batch;
}

LoaderOptions loader_options(int threads) {
  LoaderOptions options;
  options.threads = threads;
  options.iterations_per_epoch = 4;
  options.first_epoch = 2;
  options.first_iteration = 3;
  return options;
}

}  // namespace

TEST_CASE("Batches come in order of epoch and iteration whatever the number of threads") {
  for (int threads : {1, 2, 5}) {
    BatchLoader loader(
        [](std::uint64_t epoch, std::uint64_t iteration) {
          // The earlier batch of each pair takes longer, so that readers overtake each other.
          if (iteration % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return numbered(epoch, iteration);
        },
        loader_options(threads));
    for (std::uint64_t number = 11; number < 31; ++number) {
      const auto batch = loader.next();
      CHECK(batch.epoch == number / 4);
      CHECK(batch.iteration == number % 4);
    }
  }
}

TEST_CASE("No more batches are under way than their number and their bytes allow") {
  auto by_bytes = loader_options(4), by_number = loader_options(4);
  by_bytes.queue_bytes = 3 * 256 * 6;  // float and int16 per element
  by_number.queue_batches = 3;
  for (const auto& options : {by_bytes, by_number}) {
    std::atomic<int> made{0};
    BatchLoader loader(
        [&](std::uint64_t epoch, std::uint64_t iteration) {
          ++made;
          return numbered(epoch, iteration);
        },
        options);
    for (int taken = 1; taken <= 10; ++taken) {
      loader.next();
      CHECK(made <= taken + 3);
    }
  }
}

TEST_CASE("One batch fits even when it is larger than the queue") {
  auto options = loader_options(3);
  options.queue_bytes = 1;
  BatchLoader loader(numbered, options);
  for (int i = 0; i < 5; ++i) CHECK(loader.next().data.defined());
}

TEST_CASE("An exception of a reader thread is thrown where its batch was due") {
  BatchLoader loader(
      [](std::uint64_t epoch, std::uint64_t iteration) {
        if (iteration == 1) throw std::runtime_error("unreadable case");
        return numbered(epoch, iteration);
      },
      loader_options(2));
  CHECK(loader.next().iteration == 3);
  CHECK(loader.next().iteration == 0);
  CHECK_THROWS_WITH(loader.next(), "unreadable case");
  CHECK(loader.next().iteration == 2);
}

TEST_CASE("A loader that nobody reads from stops at once") {
  BatchLoader loader(numbered, loader_options(3));
  SUCCEED();
}
