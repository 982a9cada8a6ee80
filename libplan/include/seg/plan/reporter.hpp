#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace seg {

/// How libraries speak to whoever runs them; they never print. Every member may be empty.
///
/// Calls may come from worker threads, but never two at a time for one Reporter: libraries
/// serialise them.
struct Reporter {
  std::function<void(const std::string&)> info;  ///< one line of news
  std::function<void(const std::string&)>
      warning;  ///< something was mended or looks wrong; work goes on
  /// `done` of `total` pieces of `activity` are finished. First call has done = 0, the last done =
  /// total.
  std::function<void(const std::string& activity, std::size_t done, std::size_t total)> progress;
  /// One line for who looks for the cause of something: what was chosen, how long a step took.
  std::function<void(const std::string&)> detail{};

  void say(const std::string& line) const {
    if (info) info(line);
  }
  void warn(const std::string& line) const {
    if (warning) warning(line);
  }
  void advance(const std::string& activity, std::size_t done, std::size_t total) const {
    if (progress) progress(activity, done, total);
  }
  void note(const std::string& line) const {
    if (detail) detail(line);
  }
};

/// Passes calls on to `reporter`, which must outlive it, one at a time: for use from several
/// threads.
inline Reporter serialised(const Reporter& reporter) {
  const auto mutex = std::make_shared<std::mutex>();
  return {[mutex, &reporter](const std::string& line) {
            const std::lock_guard lock(*mutex);
            reporter.say(line);
          },
          [mutex, &reporter](const std::string& line) {
            const std::lock_guard lock(*mutex);
            reporter.warn(line);
          },
          [mutex, &reporter](const std::string& activity, std::size_t done, std::size_t total) {
            const std::lock_guard lock(*mutex);
            reporter.advance(activity, done, total);
          },
          [mutex, &reporter](const std::string& line) {
            const std::lock_guard lock(*mutex);
            reporter.note(line);
          }};
}

}  // namespace seg
