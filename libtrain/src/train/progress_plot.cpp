#include "seg/train/progress_plot.hpp"

#include <fstream>

#include "seg/plan/error.hpp"
#include "seg/train/plugin.hpp"

namespace seg::train {
namespace {

/// What the plugin exports as "seg_draw_progress": gives null, or what went wrong.
using DrawProgress = const char*(const char* file, const TrainingLog* log);

}  // namespace

void plot_progress(const std::filesystem::path& file, const TrainingLog& log) {
  auto* const draw =
      reinterpret_cast<DrawProgress*>(plugin_function("progress_plot", "seg_draw_progress"));
  write_atomically(file, [&](const std::filesystem::path& temporary) {
    // PLplot would ask on the terminal for another name.
    if (!std::ofstream(temporary)) throw cannot_write(file);
    if (const char* problem = draw(temporary.c_str(), &log))
      throw Error(file.string(), problem, "install plplot-driver-cairo");
  });
}

}  // namespace seg::train
