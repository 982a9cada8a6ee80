#include "seg/data/memory.hpp"

#include <ATen/ATen.h>

#include <atomic>
#include <thread>

#include "catch.hpp"
#include "fake_root.hpp"
#include "seg/data/image_header.hpp"
#include "seg/data/memory_need.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"

using namespace seg;

namespace {

constexpr std::int64_t kilobyte = 1024;

std::int64_t available(const test::FakeRoot& root) { return data::available_memory(root.path()); }

}  // namespace

TEST_CASE("the memory that may be taken is the machine's or what the narrowest group leaves") {
  test::FakeRoot root("0::/jobs/17\n");
  root.file("proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    8000 kB\n");
  CHECK(available(root) == 8000 * kilobyte);
  root.file("sys/fs/cgroup/jobs/17/memory.current", "3000000\n");
  root.file("sys/fs/cgroup/jobs/17/memory.max", "max\n");
  CHECK(available(root) == 8000 * kilobyte);
  root.file("sys/fs/cgroup/jobs/17/memory.max", "5000000\n");
  CHECK(available(root) == 2000000);
  root.file("sys/fs/cgroup/jobs/17/memory.stat",
            "anon 1\nfile 900000\ninactive_file 300000\nactive_file 200000\n");
  CHECK(available(root) == 2500000);
  root.file("sys/fs/cgroup/jobs/17/memory.high", "4000000\n");
  CHECK(available(root) == 1500000);
  root.file("sys/fs/cgroup/jobs/memory.current", "3000000\n");
  root.file("sys/fs/cgroup/jobs/memory.max", "3500000\n");
  CHECK(available(root) == 500000);
  root.file("sys/fs/cgroup/jobs/memory.current", "4000000\n");
  CHECK(available(root) == 0);
}

TEST_CASE("limits of the first version of control groups count for memory") {
  test::FakeRoot root("5:memory:/m\n4:cpu,cpuacct:/jobs\n0::/\n");
  root.file("proc/meminfo", "MemAvailable: 8000 kB\n");
  root.file("sys/fs/cgroup/memory/m/memory.limit_in_bytes", "9223372036854771712\n");
  root.file("sys/fs/cgroup/memory/m/memory.usage_in_bytes", "3000000\n");
  CHECK(available(root) == 8000 * kilobyte);
  root.file("sys/fs/cgroup/memory/memory.limit_in_bytes", "4000000\n");
  root.file("sys/fs/cgroup/memory/memory.usage_in_bytes", "3500000\n");
  root.file("sys/fs/cgroup/memory/memory.stat", "inactive_file 9\ntotal_inactive_file 1000000\n");
  CHECK(available(root) == 1500000);
}

TEST_CASE("what a process has counts against the most that it may have") {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  const std::int64_t before = data::memory_to_use(most);
  CHECK(before > 0);
  CHECK(before < most);
  const at::Tensor taken = at::ones({64 << 20}, at::kByte);
  const std::int64_t after = data::memory_to_use(most);
  CHECK(before - after > 60 << 20);
  CHECK(before - after < 80 << 20);
  CHECK(data::memory_to_use(1) == 0);
  CHECK(data::memory_to_use(0) > 0);
}

TEST_CASE("a budget is never overdrawn, and what is given back is taken again") {
  data::MemoryBudget budget(100);
  std::atomic<int> taken = 0, most = 0, rounds = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto share = budget.take(40, "case");
        most = std::max(most.load(), ++taken);
        std::this_thread::yield();
        --taken;
        ++rounds;
      }
    });
  threads.clear();
  CHECK(rounds == 1600);
  CHECK(most <= 2);
}

TEST_CASE("what would not fit even alone is refused with both numbers") {
  constexpr std::int64_t gigabyte = 1 << 30;
  data::MemoryBudget budget(gigabyte);
  try {
    budget.take(5 * gigabyte / 2, "case b");
    FAIL("was not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::out_of_memory);
    CHECK(error.parts().where == "case b");
    CHECK(error.parts().problem == "needs about 2.5 GB of memory, and 1.0 GB may still be taken");
  }
}

TEST_CASE("cases that do not fit together are worked on one after the other") {
  const std::int64_t taken = (std::int64_t{1} << 40) - data::memory_to_use(std::int64_t{1} << 40);
  const std::int64_t room = std::int64_t{1} << 30;
  std::atomic<int> now = 0, most = 0;
  data::ParallelCases options{4, "working", {}, taken + room, {}};
  options.need = [&](std::size_t i) {
    return data::CaseNeed{"case " + std::to_string(i), room * 2 / 3};
  };
  data::for_each_case(12, options, [&](std::size_t, const Reporter&) {
    most = std::max(most.load(), ++now);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --now;
  });
  CHECK(most == 1);
  int begun = 0;
  options.need = [&](std::size_t i) { return data::CaseNeed{"case x", i == 3 ? 2 * room : 1}; };
  CHECK_THROWS_AS(data::for_each_case(5, options, [&](auto, auto&) { ++begun; }), Error);
  CHECK(begun == 0);
}

TEST_CASE("the header of an image tells what reading it gives") {
  const test::TemporaryFolder folder;
  data::Geometry geometry;
  geometry.spacing = {0.5, 0.75, 3};
  const at::Tensor voxels = at::rand({4, 6, 5});
  for (const char* name : {"a.nii.gz", "a.nii", "a.nrrd", "a.mha"}) {
    data::write_image(folder / name, voxels, geometry);
    const auto header = data::read_image_header(folder / name);
    REQUIRE(header);
    CHECK(header->shape == std::array<std::int64_t, 4>{1, 4, 6, 5});
    CHECK(header->spacing == data::read_image({folder / name}).geometry.array_spacing());
  }
  const auto both = data::read_image_header(
      std::vector<std::filesystem::path>{folder / "a.nii", folder / "a.mha"});
  REQUIRE(both);
  CHECK(both->shape[0] == 2);
  CHECK_FALSE(data::read_image_header(folder / "none.nii.gz"));
  test::write_text(folder / "b.nrrd", "no image");
  CHECK_FALSE(data::read_image_header(folder / "b.nrrd"));
}
