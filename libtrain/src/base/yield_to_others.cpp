#include "seg/train/yield_to_others.hpp"

#include <omp.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <sstream>
#include <system_error>

namespace seg::train {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds between_looks(250);
constexpr double wanted_by_others = 0.25;  ///< cores; less is what any system does beside

/// Threads of OpenMP that sleep. libgomp lets waiting threads keep their core only while it has no
/// more threads than there are cores, and asks so at each wait: these make it more.
class SleepingTeam {
 public:
  SleepingTeam() : master_([this](const std::stop_token& stop) { sleep(stop); }) {}

 private:
  void sleep(const std::stop_token& stop) {
    const int more_than_cores = omp_get_num_procs() + 1;
    std::atomic<int> started{0};  // the compiler drops a loop that does nothing
#pragma omp parallel num_threads(more_than_cores)
    ++started;
    std::unique_lock lock(mutex_);
    ended_.wait(lock, stop, [] { return false; });
  }

  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread master_;  ///< its team ends with it
};

std::vector<int> own_cores() {
  std::vector<int> cores;
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(core, &set)) cores.push_back(core);
#endif
  return cores;
}

std::string statistics() {
  std::ifstream in("/proc/stat");
  return {std::istreambuf_iterator<char>(in), {}};
}

double seconds(const timeval& time) { return double(time.tv_sec) + 1e-6 * double(time.tv_usec); }

double own_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// How many cores others used since the last look.
class Others {
 public:
  double cores_used() {
    const auto now = Clock::now();
    const double busy = busy_seconds(statistics(), cores_, ticks_) - own_seconds();
    const double elapsed = std::chrono::duration<double>(now - last_look_).count();
    const double used = (busy - last_busy_) / elapsed;
    last_look_ = now;
    last_busy_ = busy;
    return used;
  }

 private:
  const std::vector<int> cores_ = own_cores();
  const long ticks_ = sysconf(_SC_CLK_TCK);
  Clock::time_point last_look_ = Clock::now();
  double last_busy_ = busy_seconds(statistics(), cores_, ticks_) - own_seconds();
};

}  // namespace

double busy_seconds(const std::string& statistics, const std::vector<int>& cores, long ticks) {
  std::istringstream lines(statistics);
  double busy = 0;
  for (std::string line; std::getline(lines, line) && line.starts_with("cpu");) {
    std::istringstream words(line);
    std::string name;
    // Of idle time and of waiting for disks nobody takes anything.
    double user = 0, nice = 0, system = 0, idle = 0, io_wait = 0, interrupt = 0, soft_interrupt = 0;
    words >> name >> user >> nice >> system >> idle >> io_wait >> interrupt >> soft_interrupt;
    const bool is_own =
        std::ranges::any_of(cores, [&](int core) { return name == "cpu" + std::to_string(core); });
    if (is_own) busy += user + nice + system + interrupt + soft_interrupt;
  }
  return busy / static_cast<double>(ticks);
}

YieldToOthers::YieldToOthers() {
  const bool is_decided = std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT");
  if (is_decided || statistics().empty()) return;
  try {
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  } catch (const std::system_error&) {
    // No further thread is allowed: threads wait as they would without this.
  }
}

YieldToOthers::~YieldToOthers() = default;

void YieldToOthers::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  std::unique_ptr<SleepingTeam> team;
  for (Others others;;) {
    ended.wait_for(lock, stop, between_looks, [] { return false; });
    if (stop.stop_requested()) return;
    const bool yields = others.cores_used() > wanted_by_others;
    if (yields && !team) team = std::make_unique<SleepingTeam>();
    if (!yields) team.reset();
    yields_ = yields;
  }
}

}  // namespace seg::train
