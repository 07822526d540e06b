// The whole library in one header: a call for each job, from plain values to plain values.
//
//   open      a study's worlds, loaded and checked                  api/open.h
//   run       what each world would have written                    api/run.h
//   law       exact probabilities of it, without sampling           api/law.h
//   score     measures of pairs of texts from anywhere              api/score.h
//   LiveStudy a study that is changed again and again              api/live.h
//   fit       an intervention learned from sets of texts            api/fit.h
//   edit      a fact in words, written into a LoRA adapter          api/edit.h
//   inspect   what a file is, and where it acts                     api/inspect.h
//   quantize  another quantization of a model                       api/quantize.h
//   report    the page of a run file                                api/report.h
//   stored_result, compare, check, export_run, merge_runs           api/run_file.h, api/run_files.h
//   OpenedGuests  runs and laws of networks that the caller evaluates   api/guest.h
//   write_shards  a study as jobs of a cluster                  api/shards.h
//   bench     how fast a study goes, beside llama.cpp's own rates   api/bench.h
//   licenses  of what is compiled in                                api/licenses.h
//
// Studies are plain values (study/study.h), read from and written to TOML files
// (study/saved_study.h); their worlds come from the words of the command line by parse_world
// (world/spec.h). How fast they are worked through is a Work (api/work.h).
//
// Errors are otherwise::Error (base/error.h), and nothing else but std::bad_alloc, what a callback
// throws, and Cancelled within a CancelScope (base/cancelled.h); the library never prints, exits or
// reads the command line. Values may be used from any thread. What holds a model (OpenedStudy,
// OpenedLaw, OpenedFit, OpenedEdit) is for one thread at a time; several may be used at once.
//
// This header and all that it includes need only the standard library (C++20).
#pragma once

#include "otherwise/api/bench.h"
#include "otherwise/api/edit.h"
#include "otherwise/api/fit.h"
#include "otherwise/api/guest.h"
#include "otherwise/api/inspect.h"
#include "otherwise/api/law.h"
#include "otherwise/api/licenses.h"
#include "otherwise/api/live.h"
#include "otherwise/api/open.h"
#include "otherwise/api/quantize.h"
#include "otherwise/api/report.h"
#include "otherwise/api/run.h"
#include "otherwise/api/run_file.h"
#include "otherwise/api/run_files.h"
#include "otherwise/api/score.h"
#include "otherwise/api/shards.h"
#include "otherwise/api/work.h"
#include "otherwise/base/cancelled.h"
#include "otherwise/base/error.h"
#include "otherwise/base/version.h"
#include "otherwise/study/saved_study.h"
#include "otherwise/study/study.h"
#include "otherwise/world/spec.h"
