#include "seg/data/patch_sampler.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/optimizer.hpp"
#include "seg/train/recipe.hpp"
#include "seg/train/schedule.hpp"

namespace seg::train {
namespace {

Allowed above(double low) { return {.low = low, .low_itself = false}; }
Allowed at_least(double low) { return {.low = low}; }
Allowed one_of(std::vector<std::string> names) { return {.names = std::move(names)}; }

std::vector<Setting> make_settings() {
  using R = Recipe;
  const Allowed positive = above(0), any{};
  const Allowed share{.low = 0, .high = 1};
  constexpr auto change = OnResume::change, keep = OnResume::keep;
  return {
      {"epochs", &R::epochs, "epochs", positive, OnResume::grow},
      {"iterations", &R::iterations, "training batches in an epoch", positive},
      {"val_iterations", &R::val_iterations, "validation batches in an epoch", positive},
      {"batch_size", &R::batch_size, "patches in a batch (the plan's)", positive},
      {"seed", &R::seed, "start of all random numbers"},
      {"optimizer", &R::optimizer, "what moves the weights (sgd: with Nesterov's momentum)",
       one_of(optimizer_names())},
      {"learning_rate", &R::learning_rate, "initial learning rate", positive},
      {"weight_decay", &R::weight_decay, "weight decay", at_least(0)},
      {"momentum", &R::momentum, "of sgd", {.low = 0, .high = 1, .high_itself = false}},
      {"epsilon", &R::epsilon, "of adam and adamw, against division by 0", positive},
      {"amsgrad", &R::amsgrad, "adam and adamw divide by the largest second moment so far"},
      {"schedule", &R::schedule, "how the learning rate falls", one_of(schedule_names())},
      {"decoder_warm_up_epochs", &R::decoder_warm_up_epochs,
       "epochs before, in which the encoder rests while the rate rises (fine-tuning)", at_least(0),
       keep, 2},
      {"warm_up_epochs", &R::warm_up_epochs, "epochs in which the rate rises first", at_least(0)},
      {"loss", &R::loss, "what is minimised", one_of(loss_names())},
      {"dice_smoothing", &R::dice_smoothing, "added above and below in the soft Dice", at_least(0)},
      {"label_smoothing", &R::label_smoothing,
       "share of every label that cross-entropy spreads over all (no regions)", share, keep, 2},
      {"skeleton_weight", &R::skeleton_weight, "of the recall of the labels' skeleton in its loss",
       at_least(0), keep, 2},
      {"skeleton_tube", &R::skeleton_tube, "that skeleton is dilated twice within the labels", any,
       keep, 2},
      {"foreground_fraction", &R::foreground_fraction, "of a batch that must contain foreground",
       share},
      {"oversampling", &R::oversampling, "which patches of a batch must contain foreground",
       one_of(data::oversampling_names()), keep, 2},
      {"augment", &R::augment, "change patches at random before training with them", any, keep, 2},
      {"mirroring", &R::mirroring, "train, and predict, with mirrored patches, too"},
      {"mirror_axes", &R::mirror_axes, "axes of the patch that are mirrored (all)", any, keep, 2},
      {"dummy_2d", &R::dummy_2d, "move the slices of very anisotropic patches in-plane only", any,
       keep, 2},
      {"crop_zoom",
       &R::crop_zoom,
       "what is cut for a patch allows for objects that are enlarged by 1 / this",
       {.low = 0, .high = 1, .low_itself = false},
       keep,
       2},
      {"image_sampling", &R::image_sampling, "of images that are turned or zoomed",
       one_of({"linear", "nearest"}), keep, 2},
      {"label_sampling", &R::label_sampling,
       "of their labels (linear: the one with the largest weight)", one_of({"linear", "nearest"}),
       keep, 2},
      {"batch_norm", &R::batch_norm, "batch normalisation instead of the plan's", any, keep, 2},
      {"deep_supervision", &R::deep_supervision, "train the lower resolutions' heads, too"},
      {"first_head_only", &R::first_head_only,
       "the loss leaves the other heads out (trainings of Skeleton Recall's authors)", any, keep,
       3},
      {"head_lr_factor",
       &R::head_lr_factor,
       "all but the heads learn at this part of the rate (fine-tuning: 0.1)",
       {.low = 0, .high = 1, .low_itself = false}},
      {"freeze", &R::freeze, "parameters that begin like this stay as they are"},
      {"save_every", &R::save_every, "epochs between checkpoints", positive, change},
      {"cuda_graphs", &R::cuda_graphs, "on a GPU: start forward and backward pass as a whole", any,
       change},
      {"cudnn_benchmark", &R::cudnn_benchmark,
       "on a GPU: the convolutions that are fastest at first; runs may then differ"},
      {"gradient_precision", &R::gradient_precision,
       "in which processes that train together send their gradients to each other",
       one_of({"fp32", "bf16"}), change, 4},
  };
}

}  // namespace

const std::vector<Setting>& training_settings() {
  static const std::vector<Setting> settings = make_settings();
  return settings;
}

}  // namespace seg::train
