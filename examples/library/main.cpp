// What a model would have written in another world: a JSON line for each string.
//
//   example MODEL PROMPT NAME=ITEM[,ITEM...]
#include <iostream>

#include "otherwise/api/otherwise.h"

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::cerr << "usage: " << argv[0] << " MODEL PROMPT NAME=ITEM[,ITEM...]\n";
        return 2;
    }
    otherwise::Study study;
    study.model = argv[1];
    study.prompts = {argv[2]};
    study.worlds = {otherwise::parse_world(argv[3])};
    study.samples = 4;

    auto opened = otherwise::open(study, {.threads = 2});
    const auto write = [&](const otherwise::Pair& pair) {
        if (is_written(study, pair.role)) {  // not of the floors beside the worlds
            std::cout << to_jsonl(pair, opened.context(pair)) << '\n';
        }
    };
    const auto result = otherwise::run(opened, {.on_pair = write});
    result.require_sound();
    for (const auto& world : result.worlds) {
        std::cerr << world.name() << ": " << world.summary.unchanged << " of "
                  << world.summary.strings << " unchanged\n";
    }
} catch (const otherwise::Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.fault());
}
