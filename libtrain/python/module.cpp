#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <variant>

#include "seg/predictor.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Path = std::filesystem::path;
using Voxels = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;

/// A NumPy array that shares the memory of a result; None for what was not asked for.
template <typename T>
nb::object numpy_array(const seg::Array<T>& array) {
  if (!array.values) return nb::none();
  auto* const owner = new std::shared_ptr<T[]>(array.values);
  const nb::capsule holder(
      owner, [](void* held) noexcept { delete static_cast<std::shared_ptr<T[]>*>(held); });
  const std::vector<std::size_t> shape(array.shape.begin(), array.shape.end());
  return nb::cast(
      nb::ndarray<nb::numpy, T>(array.values.get(), shape.size(), shape.data(), holder));
}

/// Where the voxels of an array lie, by keyword.
struct Placed {
  std::vector<double> spacing, origin, direction;
};

void fill(const std::vector<double>& given, std::size_t axes, double* values, const char* name) {
  if (given.empty()) return;
  if (given.size() != axes)
    throw seg::Error(
        seg::SettingValue{name, ""},
        "has " + std::to_string(given.size()) + " numbers instead of " + std::to_string(axes),
        "give it in the order x, y, z, as SimpleITK does");
  std::copy(given.begin(), given.end(), values);
}

/// A slice has two spacings, which is how it differs from a volume of one slice.
seg::ImageGeometry geometry_of(const Placed& placed) {
  seg::ImageGeometry geometry;
  const std::size_t axes = placed.spacing.size() == 2 ? 2 : 3;
  geometry.is_slice = axes == 2;
  fill(placed.spacing, axes, geometry.spacing.data(), "spacing");
  fill(placed.origin, axes, geometry.origin.data(), "origin");
  std::array<double, 9> cosines{1, 0, 0, 1};
  if (axes == 3) cosines = geometry.direction;
  fill(placed.direction, axes * axes, cosines.data(), "direction");
  for (std::size_t row = 0; row < axes; ++row)
    for (std::size_t column = 0; column < axes; ++column)
      geometry.direction[3 * row + column] = cosines[axes * row + column];
  return geometry;
}

/// [C, Z, Y, X], or without C for one channel; slices: without Z.
seg::Image image_of(const Voxels& voxels, const Placed& placed) {
  seg::Image image{voxels.data(), {1, 1, 1, 1}, geometry_of(placed)};
  const std::size_t spatial = image.geometry.is_slice ? 2 : 3, given = voxels.ndim();
  if (given != spatial && given != spatial + 1)
    throw seg::Error("the scan", "has " + std::to_string(given) + " axes",
                     spatial == 3 ? "give [C, Z, Y, X] or [Z, Y, X]" : "give [C, Y, X] or [Y, X]");
  if (given > spatial) image.shape[0] = static_cast<std::int64_t>(voxels.shape(0));
  for (std::size_t axis = 0; axis < spatial; ++axis)
    image.shape[3 - axis] = static_cast<std::int64_t>(voxels.shape(given - 1 - axis));
  return image;
}

/// Slices come back without the axis that they do not have.
template <typename T>
void drop_depth(seg::Array<T>& array) {
  if (array.values) array.shape.erase(array.shape.end() - 3);
}

void listen(seg::SegmentControl& control, const nb::object& progress) {
  if (progress.is_none()) return;
  control.reporter.progress = [&progress](const std::string& step, std::size_t done,
                                          std::size_t total) {
    const nb::gil_scoped_acquire python;
    progress(step, done, total);
  };
}

seg::Segmentation segment(const seg::Predictor& predictor, const seg::Image& image,
                          seg::SegmentControl control, const nb::object& progress) {
  listen(control, progress);
  const nb::gil_scoped_release others_may_run;
  seg::Segmentation made = predictor.segment(image, control);
  if (!image.geometry.is_slice) return made;
  drop_depth(made.labels);
  drop_depth(made.probabilities);
  drop_depth(made.logits);
  drop_depth(made.uncertainty);
  return made;
}

seg::Predictor load(const std::variant<Path, std::vector<Path>>& models,
                    const seg::PredictorOptions& options) {
  const nb::gil_scoped_release others_may_run;
  if (const Path* one = std::get_if<Path>(&models)) return seg::Predictor::load(*one, options);
  return seg::Predictor::load(std::get<std::vector<Path>>(models), options);
}

/// seg.Error has the kind as an attribute.
void translate_errors(nb::module_& module) {
  static PyObject* const type =
      PyErr_NewException("seg.Error", PyExc_RuntimeError, nullptr);  // lives as long as Python
  module.attr("Error") = nb::borrow(type);
  nb::register_exception_translator(
      [](const std::exception_ptr& exception, void*) {
        try {
          std::rethrow_exception(exception);
        } catch (const seg::Error& error) {
          const nb::object made = nb::borrow(type)(error.what());
          made.attr("kind") = seg::name_of(error.kind());
          PyErr_SetObject(type, made.ptr());
        }
      },
      nullptr);
}

}  // namespace

NB_MODULE(_seg, module) {
  module.attr("__version__") = seg::version();
  translate_errors(module);
  nb::class_<seg::Segmentation>(module, "Segmentation",
                                "Arrays on the scan's own grid; None for what was not asked for.")
      .def_prop_ro("labels", [](const seg::Segmentation& made) { return numpy_array(made.labels); })
      .def_prop_ro("probabilities",
                   [](const seg::Segmentation& made) { return numpy_array(made.probabilities); })
      .def_prop_ro("logits", [](const seg::Segmentation& made) { return numpy_array(made.logits); })
      .def_prop_ro("uncertainty",
                   [](const seg::Segmentation& made) { return numpy_array(made.uncertainty); });
  nb::class_<seg::Predictor>(module, "Predictor",
                             "Trained models that stay in memory and segment scans.")
      .def_static(
          "from_folder",
          [](const std::variant<Path, std::vector<Path>>& models, std::vector<std::string> folds,
             std::string checkpoint, bool mirroring, double step_size, std::string device,
             std::string precision, int threads, std::string orientation, std::string engine) {
            return load(models, {std::move(folds), std::move(checkpoint), mirroring, step_size,
                                 std::move(device), std::move(precision), threads,
                                 std::move(orientation), std::move(engine)});
          },
          "folder"_a, nb::kw_only(), "folds"_a = std::vector<std::string>{"all"},
          "checkpoint"_a = "final", "mirroring"_a = true, "step_size"_a = 0.5, "device"_a = "auto",
          "precision"_a = "auto", "threads"_a = 0, "orientation"_a = "model", "engine"_a = "seg",
          "Loads a model folder, or a list of them whose probabilities are averaged.")
      .def(
          "predict",
          [](const seg::Predictor& self, const Voxels& image, std::vector<double> spacing,
             std::vector<double> origin, std::vector<double> direction,
             const nb::object& progress) {
            return numpy_array(segment(self,
                                       image_of(image, {std::move(spacing), std::move(origin),
                                                        std::move(direction)}),
                                       {}, progress)
                                   .labels);
          },
          "image"_a, "spacing"_a, "origin"_a = std::vector<double>{},
          "direction"_a = std::vector<double>{}, nb::kw_only(), "progress"_a = nb::none(),
          "Labels of a scan [C, Z, Y, X] or [Z, Y, X]; spacing, origin and direction are in the "
          "order x, y, z, as SimpleITK has them. A slice, [C, Y, X] or [Y, X], has two spacings. "
          "progress(step, done, total) may raise to end it.")
      .def(
          "segment",
          [](const seg::Predictor& self, const Voxels& image, std::vector<double> spacing,
             std::vector<double> origin, std::vector<double> direction, bool probabilities,
             bool logits, bool uncertainty, const nb::object& progress) {
            return segment(
                self,
                image_of(image, {std::move(spacing), std::move(origin), std::move(direction)}),
                {probabilities, logits, uncertainty}, progress);
          },
          "image"_a, "spacing"_a, "origin"_a = std::vector<double>{},
          "direction"_a = std::vector<double>{}, nb::kw_only(), "probabilities"_a = false,
          "logits"_a = false, "uncertainty"_a = false, "progress"_a = nb::none(),
          "The same as an object with labels and what else was asked for.")
      .def(
          "memory_needed",
          [](const seg::Predictor& self, std::array<std::int64_t, 4> shape,
             std::array<double, 3> spacing) {
            const nb::gil_scoped_release others_may_run;
            const seg::MemoryNeed need = self.memory_needed(shape, spacing);
            return std::pair{need.host, need.device};
          },
          "shape"_a, "spacing"_a,
          "Bytes of main memory and of the GPU's that a scan [C, Z, Y, X] may take.")
      .def_prop_ro("channels", &seg::Predictor::channels)
      .def_prop_ro("outputs", &seg::Predictor::outputs)
      .def_prop_ro("device", &seg::Predictor::device)
      .def_prop_ro("precision", &seg::Predictor::precision);
}
