#include "side_by_side.hpp"

#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>

#include "interrupt.hpp"
#include "seg/plan/error.hpp"
#include "yielding.hpp"

namespace seg::app {
namespace {

/// Ends with 0, or in main() with what the work throws.
void be_the_process_of(const std::function<void()>& piece) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
  start_yielding();
  piece();
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(0);
}

/// Whether a process has ended, and then whether well.
bool has_ended(pid_t process, bool& well) {
  int state = 0;
  const pid_t ended = waitpid(process, &state, WNOHANG);
  if (ended == 0) return false;
  well = ended == process && WIFEXITED(state) && WEXITSTATUS(state) == 0;
  return true;
}

}  // namespace

void run_side_by_side(const std::vector<std::function<void()>>& pieces) {
  const std::atomic<bool>& stop = stop_on_signal();
  std::cout.flush();
  std::fflush(nullptr);
  stop_yielding();
  std::vector<pid_t> running;
  for (const auto& piece : pieces) {
    const pid_t process = fork();
    if (process == 0) be_the_process_of(piece);
    if (process < 0) {
      for (const pid_t other : running) kill(other, SIGTERM);
      throw Error("a process beside this one",
                  std::string("cannot be started: ") + std::strerror(errno), "start fewer");
    }
    running.push_back(process);
  }
  start_yielding();
  std::size_t failed = 0;
  for (bool told = false; !running.empty();) {
    if (stop && !told)
      for (const pid_t process : running) kill(process, signal_to_stop());
    told = stop;
    std::erase_if(running, [&](pid_t process) {
      bool well = true;
      const bool ended = has_ended(process, well);
      failed += !well;
      return ended;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (stop) throw Error(ErrorKind::interrupted, {"the processes side by side", "were stopped"});
  if (failed > 0)
    throw Error(std::to_string(failed) + " of " + std::to_string(pieces.size()) + " processes",
                "failed, as told above", "the same command goes on");
}

}  // namespace seg::app
