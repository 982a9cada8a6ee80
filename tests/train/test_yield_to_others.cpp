#include <omp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "seg/train/yield_to_others.hpp"

#include "catch.hpp"
#include "skip.hpp"

using namespace seg;
using namespace seg::train;

namespace {

/// A process that takes a core for itself until it is ended.
class BusyProcess {
 public:
  BusyProcess() : process_(fork()) {
    if (process_ == 0)
      for (volatile unsigned i = 0;;) i = i + 1;
  }
  ~BusyProcess() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  BusyProcess(const BusyProcess&) = delete;
  BusyProcess& operator=(const BusyProcess&) = delete;

 private:
  pid_t process_;
};

bool comes_to_yield(const YieldToOthers& yielding) {
  for (int i = 0; i < 200 && !yielding.yields(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return yielding.yields();
}

/// How often threads of this process went to sleep while `loops` loops ran in which one thread
/// waits for another, for a tenth of the time that it would keep its core.
long times_asleep(int loops) {
  const auto asleep = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
  };
  const long before = asleep();
  std::atomic<double> sum{0};
  for (int loop = 0; loop < loops; ++loop)
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num() == 0)
      for (int i = 0; i < 50000; ++i) sum = sum + 1;
  return asleep() - before;
}

}  // namespace

TEST_CASE("the work of the given cores is read from the system's statistics") {
  const std::string statistics =
      "cpu  60 0 60 900 50 0 0 0 0 0\n"
      "cpu0 10 1 20 400 30 3 4 99 5 0\n"
      "cpu1 50 0 40 500 20 0 0 0 0 0\n"
      "cpu10 1000 0 0 0 0 0 0 0 0 0\n"
      "intr 12 1 2 3\n"
      "ctxt 5\n";
  CHECK(busy_seconds(statistics, {0}, 100) == 0.38);
  CHECK(busy_seconds(statistics, {0, 1}, 100) == 1.28);
  CHECK(busy_seconds(statistics, {10}, 10) == 100);
  CHECK(busy_seconds(statistics, {}, 100) == 0);
  CHECK(busy_seconds("", {0}, 100) == 0);
}

TEST_CASE("waiting threads give their core back while another process works") {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT"))
    return test::skip("the environment decides how OpenMP's threads wait");
  const BusyProcess other;
  const YieldToOthers yielding;
  CHECK(comes_to_yield(yielding));
  CHECK(times_asleep(200) > 100);
}

TEST_CASE("how threads wait stays as the environment says") {
  setenv("GOMP_SPINCOUNT", "5", 1);
  const BusyProcess other;
  const YieldToOthers yielding;
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  CHECK_FALSE(yielding.yields());
  unsetenv("GOMP_SPINCOUNT");
}
