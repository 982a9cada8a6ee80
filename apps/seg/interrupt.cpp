#include "interrupt.hpp"

#include <csignal>
#include <ctime>

namespace seg::app {
namespace {

std::atomic<bool> stop = false;
std::atomic<std::time_t> asked_at = 0;
std::atomic<int> asked_by = 0;
static_assert(std::atomic<bool>::is_always_lock_free &&
                  std::atomic<std::time_t>::is_always_lock_free &&
                  std::atomic<int>::is_always_lock_free,
              "a signal handler may set them");

// A wish for an end comes twice at once from programs that signal the process and its group, as
// timeout(1) does; only a later one means that nobody wants to wait.
extern "C" void request_stop(int signal) {
  const std::time_t now = std::time(nullptr);
  if (!stop) {
    asked_at = now;
    asked_by = signal;
  }
  if (now - asked_at > 1) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  stop = true;
}

}  // namespace

const std::atomic<bool>& stop_on_signal() {
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  return stop;
}

int signal_to_stop() { return asked_by; }

}  // namespace seg::app
