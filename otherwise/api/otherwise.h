// The whole library in one header: a call for each job, from plain values to plain values.
//
//   open      a study's worlds, loaded and checked            api/open.h
//   run       what each world would have written              api/run.h
//   report    the page of a run file                          api/report.h
//
// Studies are plain values (study/study.h), read from and written to TOML files
// (study/saved_study.h); their worlds come from the words of the command line by parse_world
// (world/spec.h). How fast they are worked through is a Work (api/work.h).
//
// Errors are otherwise::Error (base/error.h), and nothing else but std::bad_alloc; the library
// never prints, exits or reads the command line. Values may be used from any thread. What holds a
// model (OpenedStudy) is for one thread at a time; several may be used at once.
#pragma once

#include "otherwise/api/open.h"
#include "otherwise/api/report.h"
#include "otherwise/api/run.h"
#include "otherwise/base/error.h"
#include "otherwise/base/version.h"
#include "otherwise/study/saved_study.h"
#include "otherwise/study/study.h"
#include "otherwise/world/spec.h"
