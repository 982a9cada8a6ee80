#include "seg/train/progress_plot.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <new>
#include <stdexcept>

#include "seg/data/plugin.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

/// What the plugin exports as "seg_draw_progress": gives null, or what went wrong.
using DrawProgress = const char*(const char* file, const TrainingLog* log,
                                 const std::vector<std::string>* classes);

/// PLplot would end the program, and its driver reads beyond what it did not get.
void require_memory() {
  constexpr std::size_t needed = std::size_t{192} << 20;
  const std::unique_ptr<char[]> probe(new char[needed]);
  probe[needed / 2] = 1;
}

/// An open file, by a name in which PLplot finds nothing to put in: "%n" would be the number of a
/// page.
struct OpenFile {
  int descriptor;
  explicit OpenFile(const std::filesystem::path& file)
      : descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (descriptor < 0) throw cannot_write(file);
  }
  ~OpenFile() { close(descriptor); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  std::string name() const { return "/dev/fd/" + std::to_string(descriptor); }
};

}  // namespace

void plot_progress(const std::filesystem::path& file, const TrainingLog& log,
                   const std::vector<std::string>& classes) {
  auto* const draw =
      reinterpret_cast<DrawProgress*>(data::plugin_function("progress_plot", "seg_draw_progress"));
  write_atomically(file, [&](const std::filesystem::path& temporary) {
    try {
      require_memory();
      if (const char* problem = draw(OpenFile(temporary).name().c_str(), &log, &classes))
        throw Error(file.string(), problem, "install plplot-driver-cairo");
    } catch (const Error&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw Error(ErrorKind::out_of_memory, {file.string(), "cannot be drawn: not enough memory"});
    } catch (const std::runtime_error& error) {
      throw Error(file.string(), std::string("cannot be drawn (PLplot: ") + error.what() + ")");
    }
    if (std::filesystem::file_size(temporary) == 0) throw cannot_write(file);
  });
}

}  // namespace seg::train
