#include <algorithm>
#include <cstring>
#include <sstream>

#include "seg/predictor.hpp"
#include "seg/seg.h"

struct seg_predictor {
  seg::Predictor predictor;
  std::vector<std::pair<std::string, int>> outputs;
};

namespace {

using seg::ErrorKind;

seg_status status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input:
      return SEG_BAD_INPUT;
    case ErrorKind::bad_model:
    case ErrorKind::not_trained:
      return SEG_BAD_MODEL;
    case ErrorKind::bad_setting:
      return SEG_BAD_SETTING;
    case ErrorKind::not_found:
      return SEG_NOT_FOUND;
    case ErrorKind::out_of_memory:
      return SEG_OUT_OF_MEMORY;
    case ErrorKind::interrupted:
      return SEG_INTERRUPTED;
    default:
      return SEG_OTHER;
  }
}

seg_status told(seg_error* error, seg_status kind, const char* text) {
  if (!error) return kind;
  error->kind = kind;
  std::strncpy(error->text, text, sizeof error->text - 1);
  error->text[sizeof error->text - 1] = '\0';
  return kind;
}

/// Does `work`; what it throws becomes a status and a text.
template <typename Work>
seg_status checked(seg_error* error, const Work& work) {
  try {
    work();
    return told(error, SEG_OK, "");
  } catch (const seg::Error& exception) {
    return told(error, status_of(exception.kind()), exception.what());
  } catch (const std::exception& exception) {
    return told(error, SEG_OTHER, exception.what());
  } catch (...) {
    return told(error, SEG_OTHER, "an unknown exception");
  }
}

seg::Error wrong_struct(const char* name, const std::string& problem) {
  return {ErrorKind::bad_setting, {name, problem, "begin it with SEG_INIT"}};
}

/// What of a struct this version knows; what an older program's lacks is 0.
template <typename T>
T known_part(const T* given, const char* name) {
  T known{};
  if (!given) return known;
  if (given->size < sizeof given->size) throw wrong_struct(name, "does not say its size");
  const auto* bytes = reinterpret_cast<const char*>(given);
  if (given->size > sizeof(T) &&
      std::any_of(bytes + sizeof(T), bytes + given->size, [](char byte) { return byte != 0; }))
    throw wrong_struct(name, "asks for what this version of seg does not know");
  std::memcpy(&known, given, std::min(given->size, sizeof(T)));
  return known;
}

void set_if_given(const char* text, std::string& setting) {
  if (text) setting = text;
}

seg::PredictorOptions options_of(const seg_options* given) {
  const seg_options known = known_part(given, "seg_options");
  seg::PredictorOptions options;
  if (known.folds) {
    options.folds.clear();
    std::istringstream folds(known.folds);
    for (std::string fold; std::getline(folds, fold, ',');) options.folds.push_back(fold);
  }
  set_if_given(known.checkpoint, options.checkpoint);
  set_if_given(known.device, options.device);
  set_if_given(known.precision, options.precision);
  set_if_given(known.orientation, options.orientation);
  set_if_given(known.engine, options.engine);
  if (known.step_size != 0) options.step_size = known.step_size;
  options.threads = known.threads;
  options.mirroring = !known.no_mirroring;
  return options;
}

seg::Image image_of(const seg_image* given) {
  const seg_image known = known_part(given, "seg_image");
  seg::Image image;
  image.voxels = known.voxels;
  std::ranges::copy(known.shape, image.shape.begin());
  std::ranges::copy(known.spacing, image.geometry.spacing.begin());
  std::ranges::copy(known.origin, image.geometry.origin.begin());
  if (std::ranges::any_of(known.direction, [](double cosine) { return cosine != 0; }))
    std::ranges::copy(known.direction, image.geometry.direction.begin());
  image.geometry.is_slice = known.is_slice != 0;
  return image;
}

seg::SegmentControl wanted(const seg_results& results) {
  seg::SegmentControl control;
  control.probabilities = results.probabilities;
  control.logits = results.logits;
  control.uncertainty = results.uncertainty;
  return control;
}

/// Passes progress on; what the program answers ends the segmentation.
void listen(seg::SegmentControl& control, const seg_control& given) {
  if (!given.progress) return;
  control.reporter.progress = [given](const std::string& step, std::size_t done,
                                      std::size_t total) {
    if (given.progress(given.user, step.c_str(), done, total) != 0)
      throw seg::Error(ErrorKind::interrupted, {"the segmentation", "was stopped"});
  };
}

template <typename T>
void copy_to(const seg::Array<T>& array, T* place) {
  if (place) std::copy(array.begin(), array.end(), place);
}

void require(const void* pointer, const char* name) {
  if (!pointer)
    throw seg::Error(ErrorKind::bad_setting, {name, "is NULL", "give what seg.h asks for"});
}

}  // namespace

extern "C" {

const char* seg_version(void) { return seg::version(); }

seg_status seg_open(const char* const* models, size_t count, const seg_options* options,
                    seg_predictor** predictor, seg_error* error) {
  if (predictor) *predictor = nullptr;
  return checked(error, [&] {
    require(predictor, "predictor");
    require(models, "models");
    seg::Predictor loaded = seg::Predictor::load(
        std::vector<std::filesystem::path>(models, models + count), options_of(options));
    auto outputs = loaded.outputs();
    *predictor = new seg_predictor{std::move(loaded), std::move(outputs)};
  });
}

seg_status seg_segment(const seg_predictor* predictor, const seg_image* image, seg_results* results,
                       const seg_control* control, seg_error* error) {
  return checked(error, [&] {
    require(predictor, "predictor");
    require(image, "image");
    require(results, "results");
    const seg_results places = known_part(results, "seg_results");
    seg::SegmentControl all = wanted(places);
    listen(all, known_part(control, "seg_control"));
    const seg::Segmentation segmentation = predictor->predictor.segment(image_of(image), all);
    copy_to(segmentation.labels, places.labels);
    copy_to(segmentation.probabilities, places.probabilities);
    copy_to(segmentation.logits, places.logits);
    copy_to(segmentation.uncertainty, places.uncertainty);
  });
}

seg_status seg_memory_needed(const seg_predictor* predictor, const seg_image* image,
                             const seg_results* results, uint64_t* host, uint64_t* device,
                             seg_error* error) {
  return checked(error, [&] {
    require(predictor, "predictor");
    require(image, "image");
    const seg::Image scan = image_of(image);
    const seg::MemoryNeed need = predictor->predictor.memory_needed(
        scan.shape, scan.geometry.spacing, wanted(known_part(results, "seg_results")));
    if (host) *host = need.host;
    if (device) *device = need.device;
  });
}

size_t seg_outputs(const seg_predictor* predictor) {
  return predictor ? predictor->outputs.size() : 0;
}

const char* seg_output_name(const seg_predictor* predictor, size_t output) {
  return output < seg_outputs(predictor) ? predictor->outputs[output].first.c_str() : nullptr;
}

int seg_output_label(const seg_predictor* predictor, size_t output) {
  return output < seg_outputs(predictor) ? predictor->outputs[output].second : -1;
}

void seg_close(seg_predictor* predictor) { delete predictor; }

}  // extern "C"
