#include "terminal.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "option_names.hpp"
#include "time_left.hpp"

#ifdef SEG_PROGRESS_BARS
#include <barkeep/barkeep.h>
#endif

namespace seg::app {
namespace {

using Clock = std::chrono::steady_clock;

/// Where an activity stands.
struct Progress {
  std::string activity;
  std::size_t done = 0, total = 0;
  std::size_t first = done;  ///< were done when it was first heard of
  Clock::time_point start = Clock::now();

  bool finished() const { return done >= total; }
  std::string time_left() const {
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return time_left_text({activity, done, total, seconds, first});
  }
};

/// Shows one activity.
class Display {
 public:
  virtual ~Display() = default;
  virtual void show(const Progress& progress) = 0;
};

/// Says nothing of what is done within ten seconds.
class LineDisplay : public Display {
 public:
  void show(const Progress& progress) override {
    const auto now = Clock::now();
    const bool due = now - last_ >= std::chrono::seconds(10);
    if (progress.done == 0 || !(due || (progress.finished() && spoke_))) return;
    last_ = now;
    spoke_ = true;
    spdlog::info("{}: {} of {}{}", progress.activity, progress.done, progress.total,
                 progress.finished() ? "" : ", " + progress.time_left());
  }

 private:
  Clock::time_point last_ = Clock::now();
  bool spoke_ = false;
};

#ifdef SEG_PROGRESS_BARS
class BarDisplay : public Display {
 public:
  explicit BarDisplay(const Progress& progress)
      : time_left_(barkeep::Status({.out = &std::cerr,
                                    .message = "",
                                    .style = barkeep::Strings{""},
                                    .interval = 0.5,
                                    .show = false})),
        bar_(barkeep::Composite({barkeep::ProgressBar(&done_, {.out = &std::cerr,
                                                               .total = progress.total,
                                                               .message = progress.activity,
                                                               .style = barkeep::Blocks,
                                                               .interval = 0.5,
                                                               .show = false}),
                                 time_left_})) {
    bar_->show();
  }
  void show(const Progress& progress) override {
    done_ = progress.done;
    time_left_->message(progress.time_left());
  }

 private:
  std::atomic<std::size_t> done_ = 0;
  std::shared_ptr<barkeep::StatusDisplay> time_left_;
  std::shared_ptr<barkeep::CompositeDisplay> bar_;
};

std::unique_ptr<Display> make_display(const Progress& progress) {
  if (isatty(STDERR_FILENO)) return std::make_unique<BarDisplay>(progress);
  return std::make_unique<LineDisplay>();
}
#else
std::unique_ptr<Display> make_display(const Progress&) { return std::make_unique<LineDisplay>(); }
#endif

std::atomic<bool> warnings_only = false, details = false, silent = false, once = false;

/// Whether a warning was said before.
bool was_said(const std::string& line) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  return !said.insert(line).second;
}

bool no_color() {
  const char* const value = std::getenv("NO_COLOR");
  return value && *value;
}

/// The activity that is shown at present, if any. A log line ends a bar, and the next progress
/// starts another.
class Terminal {
 public:
  Terminal() {
    if (spdlog::get("seg")) return;
    spdlog::set_default_logger(spdlog::stderr_color_mt(
        "seg", no_color() ? spdlog::color_mode::never : spdlog::color_mode::automatic));
    spdlog::set_pattern("%T %^%l%$: %v");
    spdlog::set_level(spdlog::level::debug);  // nothing comes here that is not to be shown
  }

  void log(spdlog::level::level_enum level, const std::string& line) {
    if (isatty(STDERR_FILENO)) display_.reset();
    spdlog::log(level, with_option_names(line));
  }

  void advance(const std::string& activity, std::size_t done, std::size_t total) {
    if (progress_.activity != activity || done < progress_.done) {
      display_.reset();
      progress_ = {activity, done, total};
    }
    progress_.done = done;
    if (!display_) display_ = make_display(progress_);
    display_->show(progress_);
    if (progress_.finished()) display_.reset();
  }

 private:
  Progress progress_;
  std::unique_ptr<Display> display_;
};

}  // namespace

Reporter terminal_reporter() {
  if (silent) return {};
  const auto terminal = std::make_shared<Terminal>();
  const auto logs = [&](spdlog::level::level_enum level) {
    return [terminal, level](const std::string& line) { terminal->log(level, line); };
  };
  Reporter reporter;
  reporter.warning = [warn = logs(spdlog::level::warn)](const std::string& line) {
    if (!once || !was_said(line)) warn(line);
  };
  if (warnings_only) return reporter;
  reporter.info = logs(spdlog::level::info);
  reporter.progress = [terminal](const std::string& activity, std::size_t done, std::size_t total) {
    terminal->advance(activity, done, total);
  };
  if (details) reporter.detail = logs(spdlog::level::debug);
  return reporter;
}

void say_warnings_only() { warnings_only = true; }

void say_details() { details = true; }

void say_warnings_once() { once = true; }

void say_nothing() { silent = true; }

}  // namespace seg::app
