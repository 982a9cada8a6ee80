#include "train/run_log.hpp"

#include <chrono>
#include <ctime>
#include <fstream>
#include <iomanip>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

void append_line(const std::filesystem::path& file, const std::string& line) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::app);
  stream << std::put_time(&local, "%F %T") << "  " << line << std::endl;
  if (!stream) throw cannot_write(file);
}

}  // namespace

void RunLog::say(const std::string& line) const {
  append_line(file_, line);
  reporter_.say(line);
}

void RunLog::warn(const std::string& line) const {
  append_line(file_, "warning: " + line);
  reporter_.warn(line);
}

void RunLog::advance(const std::string& activity, std::int64_t done, std::int64_t total) const {
  reporter_.advance(activity, static_cast<std::size_t>(done), static_cast<std::size_t>(total));
}

}  // namespace seg::train
