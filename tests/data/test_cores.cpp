#include "seg/data/cores.hpp"

#include "catch.hpp"
#include "fake_root.hpp"

using namespace seg;

namespace {

using test::FakeRoot;

int cores_of(const FakeRoot& root) { return data::cores_of_quota(root.path()); }

}  // namespace

TEST_CASE("the narrowest quota on the way to the root is the number of cores") {
  FakeRoot root("0::/jobs/17/step\n");
  CHECK(cores_of(root) == 0);
  root.file("sys/fs/cgroup/jobs/17/step/cpu.max", "max 100000\n");
  CHECK(cores_of(root) == 0);
  root.file("sys/fs/cgroup/jobs/17/cpu.max", "400000 100000\n");
  CHECK(cores_of(root) == 4);
  root.file("sys/fs/cgroup/jobs/cpu.max", "250000 100000\n");
  CHECK(cores_of(root) == 3);
  root.file("sys/fs/cgroup/cpu.max", "1000 100000\n");
  CHECK(cores_of(root) == 1);
}

TEST_CASE("a container's quota counts although its group has the host's name") {
  FakeRoot root("0::/../../docker/abc\n");
  root.file("sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK(cores_of(root) == 2);
}

TEST_CASE("quotas of the first version of control groups count") {
  FakeRoot root("5:memory:/m\n4:cpu,cpuacct:/jobs\n1:name=systemd:/\n0::/\n");
  root.file("sys/fs/cgroup/memory/m/cpu.cfs_quota_us", "100000\n");
  root.file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "-1\n");
  root.file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n");
  CHECK(cores_of(root) == 0);
  root.file("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "150000\n");
  CHECK(cores_of(root) == 2);
}

TEST_CASE("a system without control groups has no quota, and a damaged one none") {
  FakeRoot root("nonsense\n::::\n0::/a\n");
  root.file("sys/fs/cgroup/a/cpu.max", "much 100000\n");
  CHECK(cores_of(root) == 0);
  CHECK(data::all_cores() >= 1);
}
