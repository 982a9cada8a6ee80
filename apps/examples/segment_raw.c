/* Segments a scan of one channel that lies in a file as bare float32 voxels, X fastest, and writes
 * int16 labels: segment_raw MODEL SCAN LABELS SIZE_X SIZE_Y SIZE_Z SPACING_X SPACING_Y SPACING_Z */
#include <stdio.h>
#include <stdlib.h>

#include "seg/seg.h"

static int show(void* user, const char* step, size_t done, size_t total) {
  (void)user;
  fprintf(stderr, "\r%s: %zu of %zu        ", step, done, total);
  return 0; /* anything else would end the segmentation */
}

static int fail(const char* what) {
  fprintf(stderr, "error: %s\n", what);
  return 1;
}

static int read_all(const char* file, void* values, size_t size, size_t count) {
  FILE* stream = fopen(file, "rb");
  const size_t found = stream ? fread(values, size, count, stream) : 0;
  if (stream) fclose(stream);
  return found == count;
}

static int write_all(const char* file, const void* values, size_t size, size_t count) {
  FILE* stream = fopen(file, "wb");
  const size_t written = stream ? fwrite(values, size, count, stream) : 0;
  return stream && fclose(stream) == 0 && written == count;
}

int main(int argc, char** argv) {
  if (argc != 10) {
    fprintf(stderr, "usage: segment_raw MODEL SCAN LABELS SIZE SIZE SIZE SPACING SPACING SPACING\n");
    return 2;
  }
  SEG_INIT(seg_image, image);
  image.shape[0] = 1;
  for (int axis = 0; axis < 3; ++axis) {
    image.shape[3 - axis] = strtoll(argv[4 + axis], NULL, 10);
    image.spacing[axis] = strtod(argv[7 + axis], NULL);
  }
  const size_t count = (size_t)(image.shape[1] * image.shape[2] * image.shape[3]);
  float* voxels = malloc(count * sizeof *voxels);
  int16_t* labels = malloc(count * sizeof *labels);
  if (!voxels || !labels) return fail("not enough memory");
  if (!read_all(argv[2], voxels, sizeof *voxels, count)) return fail("the scan cannot be read");
  image.voxels = voxels;

  SEG_INIT(seg_options, options);
  SEG_INIT(seg_results, results);
  SEG_INIT(seg_control, control);
  results.labels = labels;
  control.progress = show;

  seg_error error;
  seg_predictor* predictor;
  const char* models[] = {argv[1]};
  if (seg_open(models, 1, &options, &predictor, &error) != SEG_OK) return fail(error.text);
  if (seg_segment(predictor, &image, &results, &control, &error) != SEG_OK) return fail(error.text);
  seg_close(predictor);
  if (!write_all(argv[3], labels, sizeof *labels, count)) return fail("the labels cannot be written");
  free(voxels);
  free(labels);
  return 0;
}
