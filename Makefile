# What a person types; the work is in scripts/.
.PHONY: help setup build demo paper test test-torch test-ray test-long test-sanitized test-crash null-tokens soak faults fuzz wheel format lint clean

help:
	@echo "make setup    install what is needed; fetch llama.cpp's source and the model"
	@echo "make build    set up what it needs, and build build/release/otherwise"
	@echo "make demo     set up, build, and show strings beside their counterfactuals"
	@echo "make paper    the experiments of arXiv 2411.07180 again: build/paper/index.html"
	@echo "make test     set up, build and run all tests, also with sanitizers"
	@echo "make test-torch  the tests of otherwise.torch, with PyTorch in an environment of its own (6 GB)"
	@echo "make test-ray  tests of studies on a Ray cluster, with Ray in an environment of its own"
	@echo "make test-long  what takes hours: every CPU variant, fresh Debians, other compilers"
	@echo "make test-crash  a hundred kills, and a power cut at every moment (minutes)"
	@echo "make null-tokens  a million tokens of the null world, without one that diverges (hours; goes on where it was)"
	@echo "make soak     half an hour of the live page with 50 clients"
	@echo "make test-sanitized  llama.cpp and all of ours under sanitizers (long)"
	@echo "make fuzz     feed made-up bytes to each reader for a minute (Clang)"
	@echo "make faults   calls for memory, files and disks that fail, thousands in each command (hours)"
	@echo "make wheel    set up, and build the Python package: build/wheel/dist/*.whl"
	@echo "make format   format the sources"
	@echo "make lint     clang-tidy and the checks of the sources"
	@echo "make clean    remove build/ (the cache folder stays)"

setup:
	@scripts/setup.sh

build:
	@scripts/setup.sh --command
	@scripts/build.sh release otherwise

demo:
	@scripts/demo.sh

# PAPER="-m model.gguf -o build/mine": what studies/run.py takes.
paper:
	@scripts/paper.sh $(PAPER)

test:
	@scripts/test.sh

test-torch:
	@scripts/torch_test.sh

test-ray:
	@scripts/setup.sh --package
	@scripts/ray_test.sh

test-long:
	@scripts/test.sh portable
	@scripts/wheel_chroot.sh
	@scripts/chroot_test.sh bookworm
	@scripts/chroot_test.sh trixie
	@scripts/chroot_test.sh trixie clang

test-crash:
	@scripts/setup.sh
	@scripts/crash_test.sh

null-tokens:
	@scripts/setup.sh
	@scripts/build.sh release otherwise
	@scripts/derive.sh Q4_0 Q8_0 Q4_K_M Q2_K F16
	@python3 benchmarks/null_tokens.py

soak: build
	@python3 benchmarks/soak.py

test-sanitized:
	@scripts/test.sh asan-llama tsan-llama

fuzz:
	@scripts/setup.sh --fuzz
	@scripts/fuzz.sh

faults:
	@scripts/faults.sh

wheel:
	@scripts/setup.sh --package
	@scripts/wheel.sh

format:
	@scripts/format.sh

lint:
	@scripts/lint.sh

clean:
	rm -rf build
