// What a page may ask at most, so that no request costs more than a person's own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace otherwise::serve {

// Of the connection.
constexpr std::size_t kBodyBytes = std::size_t{1} << 20U;
constexpr std::size_t kConnections = 400;  ///< at once; more are closed
constexpr int kReadSeconds = 10;           ///< between two pieces of a request
constexpr int kWriteSeconds = 10;          ///< for a client to take a piece of a reply
constexpr int kIdleSeconds = 20;           ///< of a connection without a request

// Of what is asked.
constexpr int kJsonDepth = 6;
constexpr std::size_t kPrompts = 100;
constexpr std::size_t kPromptBytes = 20'000;
constexpr std::size_t kWorlds = 12;
constexpr std::size_t kItems = 8;  ///< of a world
constexpr std::size_t kItemBytes = 4'000;
constexpr int kTokens = 512;  ///< of a string
constexpr int kSample = 10'000;
constexpr std::size_t kStrings = 1'000;  ///< of one table, threshold or run file
constexpr int kOutcomes = 50;            ///< of one token
constexpr std::size_t kTargets = 20;

// Of what is kept and done.
constexpr std::size_t kSessions = 64;  ///< open studies; the one that was longest unused goes
constexpr std::size_t kJobs = 64;      ///< waiting to be evaluated
constexpr int kTurn = 2;               ///< seconds of waiting, after which the oldest goes first
constexpr std::size_t kEventBytes = std::size_t{4} << 20U;  ///< that a client has not taken yet
constexpr int kPatience = 2;           ///< seconds that a client has to take some of them
constexpr std::size_t kFiles = 1'000;  ///< listed of the folders

}  // namespace otherwise::serve
