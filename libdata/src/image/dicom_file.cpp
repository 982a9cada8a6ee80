#include "image/dicom_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <new>

#include "seg/data/plugin.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

/// GDCM keeps variables for the whole process.
std::mutex dicom_reads;

constexpr std::size_t most_values_at_once = 16 << 20;
constexpr unsigned longest_wait = 600;  // seconds, for a decoder that never ends

ReadDicom* plugin_reader() {
  static auto* const read =
      reinterpret_cast<ReadDicom*>(plugin_function("dicom", "seg_read_dicom"));
  return read;
}

[[noreturn]] void refuse_unread(const std::filesystem::path& file, const std::string& problem) {
  throw Error(file.string(), "cannot be read (" + problem + ")", "copy or export the file again");
}

std::size_t values_in(const DicomFile& content) {
  return static_cast<std::size_t>(content.frames) * static_cast<std::size_t>(content.rows) *
         static_cast<std::size_t>(content.columns);
}

/// What the process that reads tells, in memory that both see; the values follow.
struct Answer {
  std::size_t files_read = 0;
  bool lacks_memory = false;
  std::array<char, 256> problem{};
};

/// Some files after each other, and the memory for their values.
class Batch {
 public:
  Batch(OpenedDicomFile* begin, OpenedDicomFile* end) : begin_(begin), end_(end) {
    for (const OpenedDicomFile* file = begin; file != end; ++file)
      bytes_ += values_in(file->content) * sizeof(float);
    memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    answer_ = new (memory_) Answer;
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() { munmap(memory_, bytes_); }

  float* values() const { return reinterpret_cast<float*>(answer_ + 1); }

  void read_in_a_process() const {
    ReadDicom* const read = plugin_reader();
    const pid_t process = fork();
    if (process == 0) read_and_end(read);
    if (process < 0)
      throw Error(begin_->path.string(),
                  "cannot be read (no process that decodes it can be started)",
                  "end other processes, or raise their limit (ulimit -u)");
    while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (answer_->lacks_memory) throw std::bad_alloc();
    if (begin_ + answer_->files_read == end_) return;
    answer_->problem.back() = '\0';
    const std::string problem = answer_->problem.data();
    refuse_unread(begin_[answer_->files_read].path,
                  problem.empty() ? "GDCM broke off at its pixels" : problem);
  }

 private:
  /// What GDCM prints when it breaks off is nobody's, and neither is a dump of its memory.
  static void be_silent() {
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGALRM, SIGTERM})
      std::signal(signal, SIG_DFL);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    alarm(longest_wait);
  }

  [[noreturn]] void read_and_end(ReadDicom* read) const {
    be_silent();
    try {
      float* place = values();
      for (OpenedDicomFile* file = begin_; file != end_; ++file) {
        if (const char* problem = read(file->path.c_str(), &file->content, place)) {
          std::strncpy(answer_->problem.data(), problem, answer_->problem.size() - 1);
          break;
        }
        place += values_in(file->content);
        ++answer_->files_read;
      }
    } catch (const std::bad_alloc&) {
      answer_->lacks_memory = true;
    }
    _exit(0);
  }

  OpenedDicomFile *begin_, *end_;
  std::size_t bytes_ = sizeof(Answer);
  void* memory_ = nullptr;
  Answer* answer_ = nullptr;
};

/// As many files as have room, but one at least.
OpenedDicomFile* end_of_batch(OpenedDicomFile* begin, OpenedDicomFile* end) {
  std::size_t values = 0;
  OpenedDicomFile* file = begin;
  do values += values_in((file++)->content);
  while (file != end && values + values_in(file->content) <= most_values_at_once);
  return file;
}

}  // namespace

DicomFile read_dicom_content(const std::filesystem::path& file) {
  DicomFile content;
  ReadDicom* const read = plugin_reader();
  const std::lock_guard lock(dicom_reads);
  if (const char* problem = read(file.c_str(), &content, nullptr)) refuse_unread(file, problem);
  return content;
}

void read_dicom_voxels(std::vector<OpenedDicomFile>& files, const TakeDicomVoxels& take) {
  OpenedDicomFile* const end = files.data() + files.size();
  for (OpenedDicomFile *begin = files.data(), *next = begin; begin != end; begin = next) {
    next = end_of_batch(begin, end);
    const Batch batch(begin, next);
    {
      const std::lock_guard lock(dicom_reads);
      batch.read_in_a_process();
    }
    const float* values = batch.values();
    for (OpenedDicomFile* file = begin; file != next; ++file) {
      take(static_cast<std::size_t>(file - files.data()), values);
      values += values_in(file->content);
    }
  }
}

}  // namespace seg::data
