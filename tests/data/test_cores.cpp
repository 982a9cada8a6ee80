#include <filesystem>
#include <string>

#include "seg/data/cores.hpp"

#include "catch.hpp"
#include "test_files.hpp"
#include "text.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

/// A system's root that says which control group a process is in.
class FakeRoot {
 public:
  explicit FakeRoot(const std::string& groups) { file("proc/self/cgroup", groups); }

  void file(const std::string& path, const std::string& text) {
    fs::create_directories((folder.path() / path).parent_path());
    test::write_text(folder.path() / path, text);
  }

  int cores() const { return data::cores_of_quota(folder.path()); }

 private:
  test::TemporaryFolder folder;
};

}  // namespace

TEST_CASE("the narrowest quota on the way to the root is the number of cores") {
  FakeRoot root("0::/jobs/17/step\n");
  CHECK(root.cores() == 0);
  root.file("sys/fs/cgroup/jobs/17/step/cpu.max", "max 100000\n");
  CHECK(root.cores() == 0);
  root.file("sys/fs/cgroup/jobs/17/cpu.max", "400000 100000\n");
  CHECK(root.cores() == 4);
  root.file("sys/fs/cgroup/jobs/cpu.max", "250000 100000\n");
  CHECK(root.cores() == 3);
  root.file("sys/fs/cgroup/cpu.max", "1000 100000\n");
  CHECK(root.cores() == 1);
}

TEST_CASE("a container's quota counts although its group has the host's name") {
  FakeRoot root("0::/../../docker/abc\n");
  root.file("sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK(root.cores() == 2);
}

TEST_CASE("quotas of the first version of control groups count") {
  FakeRoot root("5:memory:/m\n4:cpu,cpuacct:/jobs\n1:name=systemd:/\n0::/\n");
  root.file("sys/fs/cgroup/memory/m/cpu.cfs_quota_us", "100000\n");
  root.file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "-1\n");
  root.file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n");
  CHECK(root.cores() == 0);
  root.file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "150000\n");
  CHECK(root.cores() == 2);
}

TEST_CASE("a system without control groups has no quota, and a damaged one none") {
  FakeRoot root("nonsense\n::::\n0::/a\n");
  root.file("sys/fs/cgroup/a/cpu.max", "much 100000\n");
  CHECK(root.cores() == 0);
  CHECK(data::all_cores() >= 1);
}
