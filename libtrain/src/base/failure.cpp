#include "seg/train/failure.hpp"

#include <c10/util/Exception.h>

#include <filesystem>
#include <new>
#include <system_error>

#include "seg/plan/joined.hpp"
#include "seg/plan/one_line.hpp"

namespace seg::train {
namespace {

/// LibTorch's allocator for the CPU throws no exception of its own kind.
bool is_out_of_memory(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
         std::string(error.what_without_backtrace()).find("DefaultCPUAllocator") !=
             std::string::npos;
}

/// No thread could be started: there is no memory for its stack, or no further process allowed.
bool is_out_of_threads(const std::exception& exception) {
  const auto* error = dynamic_cast<const std::system_error*>(&exception);
  return error && error->code() == std::errc::resource_unavailable_try_again;
}

/// OneDNN says so when it gets no memory for the code of a primitive.
bool is_without_primitive(const std::exception& exception) {
  return std::string(exception.what()).find("could not create a primitive") != std::string::npos;
}

/// What the system says of a file, in the form of seg's own errors.
std::string line_about(const std::filesystem::filesystem_error& error) {
  const std::string path = error.path1().string();
  return message_of({path.empty() ? "a path" : path,
                     "cannot be used (" + error.code().message() + ")",
                     "check its name, permissions and free space"});
}

/// With those that were not begun any more.
std::string count_text(const CaseOutcomes& outcomes) {
  const std::size_t left = outcomes.cases - outcomes.finished.size();
  return std::to_string(left) + " of " + std::to_string(outcomes.cases) +
         (left == 1 ? " cases was not " : " cases were not ") + outcomes.activity;
}

ErrorParts parts_of(const CaseOutcomes& outcomes) {
  const FailedCase& first = outcomes.failed.front();
  if (outcomes.failed.size() == 1) return {"case " + first.name, first.line};
  std::vector<std::string> names;
  for (const FailedCase& one : outcomes.failed) names.push_back(one.name);
  return {count_text(outcomes) + " (" + joined(names) + "); the first", first.line};
}

}  // namespace

SomeFailed::SomeFailed(const CaseOutcomes& outcomes)
    : Error(outcomes.failed.front().kind, parts_of(outcomes)),
      outcomes_(std::make_shared<const CaseOutcomes>(outcomes)) {}

std::string SomeFailed::summary() const {
  return outcomes_->told ? count_text(*outcomes_) + "; the lines above say why" : what();
}

ErrorKind kind_of(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return error->kind();
  if (dynamic_cast<const std::bad_alloc*>(&exception) || is_out_of_threads(exception) ||
      is_without_primitive(exception))
    return ErrorKind::out_of_memory;
  if (dynamic_cast<const std::filesystem::filesystem_error*>(&exception))
    return ErrorKind::bad_input;
  const auto* error = dynamic_cast<const c10::Error*>(&exception);
  return error && is_out_of_memory(*error) ? ErrorKind::out_of_memory : ErrorKind::unexpected;
}

std::string line_of(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const c10::Error*>(&exception)) {
    const std::string text = error->what_without_backtrace();
    return one_line(text.substr(0, text.find('\n')));
  }
  if (const auto* error = dynamic_cast<const std::filesystem::filesystem_error*>(&exception))
    return one_line(line_about(*error));
  return one_line(exception.what());
}

}  // namespace seg::train
