#ifndef SEG_SEG_H
#define SEG_SEG_H

/* seg for programs in C, and for languages that call C: load a model once, segment scans in memory.
 *
 * Structs that the caller fills begin with their own size, so that programs and libraries of
 * different versions understand each other: SEG_INIT(seg_options, options) sets it and leaves
 * everything else 0, which stands for the default. Texts are UTF-8 and end in 0. A predictor may be
 * used by several threads (see seg::Predictor in predictor.hpp, which also says what the options
 * mean). No exception leaves these functions. */

#include <stddef.h>
#include <stdint.h>

#include "seg/version.h"

#if defined(__cplusplus)
extern "C" {
#endif

#define SEG_C_API __attribute__((visibility("default")))
#if defined(__cplusplus)
#define SEG_INIT(type, name) type name{}; name.size = sizeof(type)
#else
#define SEG_INIT(type, name) type name = {0}; name.size = sizeof(type)
#endif

/* What went wrong, in numbers that stay. */
typedef enum seg_status {
  SEG_OK = 0,
  SEG_BAD_INPUT = 1,
  SEG_BAD_MODEL = 2,
  SEG_BAD_SETTING = 3,
  SEG_NOT_FOUND = 4,
  SEG_OUT_OF_MEMORY = 5,
  SEG_INTERRUPTED = 6,
  SEG_OTHER = 7
} seg_status;

/* One line for a person: what is wrong, where, and what to do. Longer ones are cut off. */
typedef struct seg_error {
  seg_status kind;
  char text[1020];
} seg_error;

typedef struct seg_predictor seg_predictor;

typedef struct seg_options {
  size_t size;
  const char* folds; /* such as "0,1,2"; NULL: all */
  const char* checkpoint;
  const char* device;
  const char* precision;
  const char* orientation;
  double step_size;
  int threads;
  int no_mirroring;
  const char* engine;
} seg_options;

typedef struct seg_image {
  size_t size;
  const float* voxels; /* [C, Z, Y, X], X fastest; is only read */
  int64_t shape[4];    /* C, Z, Y, X */
  double spacing[3];   /* x, y, z; mm; has to be given */
  double origin[3];
  double direction[9]; /* cosines, row by row; all 0: along the axes */
  int is_slice;
} seg_image;

/* Arrays of the caller's, large enough; NULL: not wanted. */
typedef struct seg_results {
  size_t size;
  int16_t* labels;      /* [Z, Y, X] */
  float* probabilities; /* [seg_outputs(), Z, Y, X] */
  float* logits;        /* the same */
  float* uncertainty;   /* [Z, Y, X] */
} seg_results;

typedef struct seg_control {
  size_t size;
  /* Hears of each step's progress, from another thread than the caller's. What it gives back ends the
   * segmentation (SEG_INTERRUPTED) unless it is 0. */
  int (*progress)(void* user, const char* step, size_t done, size_t total);
  void* user;
} seg_control;

/* "0.1.0": of the library that is loaded. */
SEG_C_API const char* seg_version(void);

/* Loads one model folder, or several whose probabilities are averaged. `options` and `error` may be
 * NULL. After an error *predictor is NULL. */
SEG_C_API seg_status seg_open(const char* const* models, size_t count, const seg_options* options,
                              seg_predictor** predictor, seg_error* error);

/* Segments a scan; `control` and `error` may be NULL. */
SEG_C_API seg_status seg_segment(const seg_predictor* predictor, const seg_image* image,
                                 seg_results* results, const seg_control* control,
                                 seg_error* error);

/* How many bytes of main memory and of the GPU's segmenting a scan of this shape and spacing may take.
 * `results` says what is wanted (any pointer that is not NULL); NULL: labels. */
SEG_C_API seg_status seg_memory_needed(const seg_predictor* predictor, const seg_image* image,
                                       const seg_results* results, uint64_t* host, uint64_t* device,
                                       seg_error* error);

/* How many outputs probabilities have; the name and the label of one. NULL and -1 beyond the last. */
SEG_C_API size_t seg_outputs(const seg_predictor* predictor);
SEG_C_API const char* seg_output_name(const seg_predictor* predictor, size_t output);
SEG_C_API int seg_output_label(const seg_predictor* predictor, size_t output);

/* NULL is allowed. No call of another thread may be under way. */
SEG_C_API void seg_close(seg_predictor* predictor);

#if defined(__cplusplus)
}
#endif

#endif
