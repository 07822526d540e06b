// Worlds and items as they are written. Covers also: syntax.cpp (where an item is cut: kinds,
// quotes, scales, options), item_values.cpp (what each value may be, and how it is written and
// shown).
#include "otherwise/world/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <clocale>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <set>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// The message of the misuse (or failure) that parsing ends in; "" when it does not.
std::string complaint(const std::string& text, Fault fault = Fault::misuse) {
    try {
        (void)parse_world(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), fault) << text;
        return error.what();
    }
    return "";
}

/// The only intervention of a world, as a T.
template <typename T>
T item(const std::string& text) {
    return std::get<T>(parse_item(text));
}

/// A file that is gone at the end.
class TextFile {
public:
    explicit TextFile(const std::string& content)
        : path_(std::filesystem::temp_directory_path() /
                ("otherwise spec,test " + std::to_string(std::random_device{}()) + ".txt")) {
        std::ofstream(path_, std::ios::binary) << content;
    }
    ~TextFile() { std::filesystem::remove(path_); }
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

TEST(ParseWorld, KeepsItemsInOrder) {
    const World world = parse_world("hot_1.x-y=lora:a.gguf:0.5, temp:1.5,model:b.gguf");
    const World expected{
        "hot_1.x-y",
        {UseLora{"a.gguf", 0.5F, Scope::all}, SetTemperature{1.5F}, UseModel{"b.gguf"}}};
    EXPECT_EQ(world, expected);
}

TEST(ParseWorld, RefusesNames) {
    EXPECT_THAT(complaint("temp:1"), AllOf(HasSubstr("NAME=ITEM"), HasSubstr("‘temp:1’")));
    EXPECT_THAT(complaint("a b=temp:1"), AllOf(HasSubstr("a world's name"), HasSubstr("‘a b’")));
    EXPECT_THAT(complaint("=temp:1"), HasSubstr("a world's name"));
    for (const std::string name : {"factual", "null", "edited", "nudge", "nudge-4"}) {
        EXPECT_THAT(complaint(name + "=temp:1"), HasSubstr("reserved"));
    }
    EXPECT_NO_THROW(check_world_name("Null"));
}

TEST(ParseWorld, RefusesUnknownKindsWithTheNearest) {
    EXPECT_THAT(complaint("w=loar:x"), HasSubstr("did you mean ‘lora:…’?"));
    EXPECT_THAT(complaint("w="), HasSubstr("at least one ITEM"));
    EXPECT_THAT(complaint("w=temp:1,"), HasSubstr("kind:argument"));
    EXPECT_THAT(complaint("w=system:Answer, please"),
                AllOf(HasSubstr("‘please’"), HasSubstr("needs quotes")));
}

TEST(Split, QuotesKeepCommasColonsAndAts) {
    const World expected{"w", {SystemPrompt{"You, a \"pirate\": scope@x"}, SetTopK{3}}};
    EXPECT_EQ(parse_world(R"(w=system:"You, a ""pirate"": scope@x",top-k:3)"), expected);
    EXPECT_EQ(parse_world(R"(w="system:You, a ""pirate"": scope@x", top-k:3)"), expected);
    EXPECT_EQ(item<Prefix>(R"(prefix:He said "yes")").text, R"(He said "yes")");
    EXPECT_EQ(item<UseLora>(R"("lora:a,b:2@scope=prompt")"), (UseLora{"a,b", 2.0F, Scope::prompt}));
    EXPECT_EQ(item<UseLora>(R"(lora:"a:2@scope=all":3@scope=prompt)"),
              (UseLora{"a:2@scope=all", 3.0F, Scope::prompt}));
    EXPECT_THAT(complaint(R"(w=system:"open)"), HasSubstr("a closing quote"));
    EXPECT_THAT(complaint(R"(w=system:"a"b)"), HasSubstr("after the closing quote, got ‘b’"));
    EXPECT_THAT(complaint(R"(w="temp:1"x)"), HasSubstr("after a quoted item, got ‘x’"));
    EXPECT_THAT(complaint(R"(w=system:"a"@b)"), HasSubstr("options as key=value;…, got ‘b’"));
}

TEST(Scale, IsTheLastPartOnlyWhenANumber) {
    EXPECT_EQ(item<UseLora>("lora:my:file.gguf:0.5"), (UseLora{"my:file.gguf", 0.5F, Scope::all}));
    EXPECT_EQ(item<UseLora>("lora:my:file.gguf"), (UseLora{"my:file.gguf", 1.0F, Scope::all}));
    EXPECT_EQ(item<UseLora>("lora:x:0.5b"), (UseLora{"x:0.5b", 1.0F, Scope::all}));
    EXPECT_EQ(item<UseLora>("lora:0.5"), (UseLora{"0.5", 1.0F, Scope::all}));
    EXPECT_EQ(item<Steer>("steer:x:-1e-1").scale, -0.1F);
    EXPECT_EQ(item<Ablate>("ablate:x:+2").scale, 2.0F);
    EXPECT_EQ(item<UseModel>("model:x:2").path, "x:2");
    for (const std::string bad : {"nan", "inf", "-inf", "1e99"}) {
        EXPECT_THAT(complaint("w=steer:x:" + bad),
                    AllOf(HasSubstr("a finite scale for steer"), HasSubstr(bad)));
    }
}

TEST(Options, LayersAndScope) {
    EXPECT_EQ(item<Steer>("steer:s.gguf:1.5@layers=8-12;scope=written"),
              (Steer{"s.gguf", 1.5F, {8, 12}, Scope::written}));
    EXPECT_EQ(item<Affine>("affine:m.gguf:0.5@scope=written;layers=3-4"),
              (Affine{"m.gguf", 0.5F, {3, 4}, Scope::written}));
    EXPECT_EQ(item<Heads>("heads:h.gguf:-2@layers=3;scope=prompt"),
              (Heads{"h.gguf", -2.0F, {3, 3}, Scope::prompt}));
    EXPECT_EQ(item<Heads>("heads:h.gguf"), (Heads{"h.gguf", 1.0F, {}, Scope::all}));
    EXPECT_EQ(item<Ablate>("ablate:s.gguf@layers=7").layers, (LayerRange{7, 7}));
    EXPECT_EQ(item<Ablate>("ablate:s.gguf@layers=7-").layers, (LayerRange{7, -1}));
    EXPECT_EQ(item<Ablate>("ablate:s.gguf@layers=-7").layers, (LayerRange{-1, 7}));
    for (const std::string bad : {"9-8", "a", "", "-", "1-2-3", "--1", "1.5"}) {
        EXPECT_THAT(complaint("w=steer:s@layers=" + bad),
                    AllOf(HasSubstr("layers as A-B"), HasSubstr("‘" + bad + "’")));
    }
    EXPECT_THAT(complaint("w=lora:s@scope=promt"), HasSubstr("did you mean ‘prompt’?"));
    EXPECT_THAT(complaint("w=lora:s@scope=all;scope=all"), HasSubstr("each option of lora once"));
}

TEST(Options, RefusedWhereTheKindDoesNotTakeThem) {
    EXPECT_THAT(complaint("w=lora:s@layers=3"), HasSubstr("options that lora takes (scope)"));
    EXPECT_THAT(complaint("w=model:s@scope=all"), HasSubstr("no options for model"));
    EXPECT_THAT(complaint("w=system:mail@scope=all"),
                AllOf(HasSubstr("no options for system"), HasSubstr("quote that")));
    EXPECT_THAT(complaint("w=steer:s@layer=3"), HasSubstr("did you mean ‘layers’?"));
    EXPECT_THAT(complaint("w=affine:s@layer=3"), HasSubstr("did you mean ‘layers’?"));
    EXPECT_THAT(complaint("w=head:s"), HasSubstr("did you mean ‘heads:…’?"));
    EXPECT_THAT(complaint("w=temp:1@scope=all"), HasSubstr("no options for temp"));
}

TEST(Options, OtherAtsBelongToPathsAndTexts) {
    EXPECT_EQ(item<UseModel>("model:me@host/a.gguf").path, "me@host/a.gguf");
    EXPECT_EQ(item<UseLora>("lora:a@rev=1/b.gguf:2"),
              (UseLora{"a@rev=1/b.gguf", 2.0F, Scope::all}));
    EXPECT_EQ(item<UseLora>("lora:a@b@scope=prompt"), (UseLora{"a@b", 1.0F, Scope::prompt}));
    EXPECT_EQ(item<Suffix>("suffix: mail me@home.org").text, " mail me@home.org");
    EXPECT_EQ(item<Prefix>("prefix:x@a=b").text, "x@a=b");
    EXPECT_EQ(item<Force>("do:0: x@").text, " x@");
}

TEST(Do, KeepsTheTextWhole) {
    EXPECT_EQ(item<Force>("do:3: London: a city:2"), (Force{3, " London: a city:2", {}}));
    EXPECT_EQ(item<Force>(R"(do:0:" yes, ""sir""")"), (Force{0, R"( yes, "sir")", {}}));
    EXPECT_EQ(item<Force>("do:0:12 7@as=tokens"), (Force{0, "", {12, 7}}));
    EXPECT_THAT(complaint("w=do:0:12 x@as=tokens"), HasSubstr("token numbers from 0"));
    EXPECT_THAT(complaint("w=do:0:-1@as=tokens"), HasSubstr("token numbers from 0"));
    EXPECT_THAT(complaint("w=do:0:  @as=tokens"), HasSubstr("at least one token"));
    EXPECT_THAT(complaint("w=do:0:12@as=words"), HasSubstr("as=tokens"));
    EXPECT_THAT(complaint("w=do: London"), HasSubstr("do:T:TEXT"));
    for (const std::string place : {"-1", "x", "", "1.5", "99999999999"}) {
        EXPECT_THAT(complaint("w=do:" + place + ":x"),
                    AllOf(HasSubstr("a position from 0"), HasSubstr("‘" + place + "’")));
    }
}

TEST(Texts, EmptyOnesAreRefusedButAsSystemMessage) {
    for (const std::string kind : {"prefix:", "suffix:", "do:0:"}) {
        EXPECT_THAT(complaint("w=" + kind), HasSubstr("a text that is not empty"));
    }
    for (const std::string kind : {"model:", "lora:", "steer:", "ablate:", "affine:", "heads:"}) {
        EXPECT_THAT(complaint("w=" + kind), HasSubstr("a file after " + kind));
    }
    EXPECT_EQ(item<SystemPrompt>("system:").text, "");
    EXPECT_THAT(complaint("w=prefix:\xFF"), HasSubstr("UTF-8"));
}

TEST(Texts, ComeFromFiles) {
    const TextFile file("two, \"lines\"\n@scope=all\n\n");
    EXPECT_EQ(item<SystemPrompt>("\"system:@" + file.path() + "\"").text,
              "two, \"lines\"\n@scope=all\n");
    const TextFile dos("end\r\n");
    EXPECT_EQ(item<Force>("do:2:@" + dos.path()).text, "end");
    const TextFile tokens("12\n7\n");
    EXPECT_EQ(item<Force>("do:2:@" + tokens.path() + "@as=tokens").tokens, (Tokens{12, 7}));
    EXPECT_EQ(item<SystemPrompt>("system:\"@" + file.path() + "\"").text, "@" + file.path());
    const TextFile marked("\xEF\xBB\xBFwith a mark\n");
    EXPECT_EQ(item<Prefix>("prefix:@" + marked.path()).text, "with a mark");

    const TextFile latin("caf\xE9");
    EXPECT_THAT(complaint("w=\"prefix:@" + latin.path() + "\"", Fault::failed),
                HasSubstr("not UTF-8"));
    EXPECT_THAT(complaint("w=prefix:@/no/such/file", Fault::failed),
                AllOf(HasSubstr("does not exist"), HasSubstr("/no/such/file")));
    EXPECT_THAT(complaint("w=prefix:@/tmp", Fault::failed), HasSubstr("a directory"));
    EXPECT_THAT(complaint("w=prefix:@", Fault::failed), HasSubstr("does not exist"));
}

TEST(Settings, HaveBounds) {
    EXPECT_EQ(item<SetTemperature>("temp:0").value, 0.0F);
    EXPECT_EQ(item<SetTopP>("top-p:1").value, 1.0F);
    EXPECT_EQ(item<SetMinP>("min-p:.05").value, 0.05F);
    EXPECT_EQ(item<SetTopK>("top-k:0").value, 0);
    for (const std::string bad :
         {"temp:-0.1", "temp:nan", "temp:inf", "temp:1e99", "temp:", "temp:x", "temp:1,5"}) {
        EXPECT_NE(complaint("w=" + bad), "") << bad;
    }
    EXPECT_THAT(complaint("w=temp:-1"),
                AllOf(HasSubstr("a temperature from 0"), HasSubstr("‘-1’")));
    EXPECT_THAT(complaint("w=top-k:-1"), HasSubstr("a top-k from 0"));
    EXPECT_THAT(complaint("w=top-k:1.5"), HasSubstr("a top-k from 0"));
    EXPECT_THAT(complaint("w=top-p:0"), HasSubstr("a top-p above 0"));
    EXPECT_THAT(complaint("w=top-p:nan"), HasSubstr("a top-p above 0"));
    EXPECT_THAT(complaint("w=min-p:1.01"), HasSubstr("a min-p from 0 to 1"));
    EXPECT_EQ(item<CacheValues>("ctv:q8_0"), (CacheValues{"q8_0"}));
    EXPECT_THAT(complaint("w=ctk:q8_1"), HasSubstr("did you mean ‘q8_0’?"));
    EXPECT_EQ(item<FlashAttention>("fa:off").mode, "off");
    EXPECT_THAT(complaint("w=fa:maybe"), HasSubstr("flash attention, one of on off auto"));
    EXPECT_EQ(item<UseWeights>("weights:bf16").type, "bf16");
    EXPECT_THAT(complaint("w=weights:q8_0"), HasSubstr("weights, one of f16 bf16 f32"));
    EXPECT_EQ(item<Nudge>("nudge:1e-6"), (Nudge{1e-6F, {}, Scope::all, 0}));
    EXPECT_EQ(item<Nudge>("nudge:0.5@layers=3-;seed=7"), (Nudge{0.5F, {3, -1}, Scope::all, 7}));
    EXPECT_THAT(complaint("w=nudge:2"), HasSubstr("the size of a nudge, from 0 to 1"));
    EXPECT_THAT(complaint("w=nudge:1e-6@seed=-1"), HasSubstr("a seed from 0"));
}

TEST(Biases, NameATokenAndNats) {
    EXPECT_EQ(item<Bias>("bias: Paris:2.5"), (Bias{" Paris", -1, 2.5F}));
    EXPECT_EQ(item<Bias>("bias:1234:-1"), (Bias{"", 1234, -1.0F}));
    EXPECT_EQ(item<Bias>(R"(bias:"1234":-1)"), (Bias{"1234", -1, -1.0F}));
    EXPECT_EQ(item<Bias>(R"(bias:",":0)"), (Bias{",", -1, 0.0F}));
    EXPECT_EQ(item<Bias>("bias:::1").text, ":");
    for (const std::string off : {"bias:7:off", "bias:7:-inf"}) {
        EXPECT_EQ(item<Bias>(off), (Bias{"", 7, -std::numeric_limits<float>::infinity()}));
    }
    for (const std::string none : {"7", " Paris", ":2", " Paris:on"}) {
        EXPECT_THAT(complaint("w=bias:" + none), HasSubstr("bias:TOKEN:X, X in nats or off"));
    }
    for (const std::string bad : {"inf", "nan", "1e99"}) {
        EXPECT_THAT(complaint("w=bias:7:" + bad), HasSubstr("a bias in nats, -inf or off"));
    }
    EXPECT_EQ(describe(Bias{" Paris", -1, 2.5F}), "bias “ Paris” + 2.5");
    EXPECT_EQ(describe(Bias{"", 7, -1.0F}), "bias token 7 − 1");
    EXPECT_EQ(describe(item<Bias>("bias:7:off")), "bias token 7 off");
}

TEST(Patches, NameDonorLayersAndRows) {
    EXPECT_EQ(item<Patch>("patch:Rome is@layers=5"), (Patch{"Rome is", "l_out", {5, 5}, {}}));
    EXPECT_EQ(item<Patch>("patch:@layers=0-;rows=-1"), (Patch{"", "l_out", {0, -1}, {{-1, -1}}}));
    const std::vector<RowRange> rows{{3, 3}, {5, 7}, {-3, -1}};
    const World two{"w", {Patch{"a, b", "kqv_out", {2, 4}, rows}, SetTemperature{2.0F}}};
    EXPECT_EQ(parse_world("w=patch:\"a, b\"@site=kqv_out;layers=2-4;rows=3,5-7,-3--1,temp:2"), two);
    EXPECT_EQ(parse_world("w=patch:\"a, b\"@rows=3,5-7,-3--1;site=kqv_out;layers=2-4,temp:2"), two);
    EXPECT_THAT(complaint("w=patch:a"), HasSubstr("layers for patch"));
    for (const std::string bad : {"", "x", "7-5", "-1--3", "3--1", "1.5", "99999999999"}) {
        EXPECT_THAT(complaint("w=patch:a@layers=1;rows=" + bad), HasSubstr("rows as N, A-B"));
    }
    const TextFile empty("");
    EXPECT_THAT(complaint("w=\"patch:@" + empty.path() + "@layers=1\""),
                HasSubstr("a text that is not empty after patch:"));
    EXPECT_EQ(describe(two.interventions[0]),
              "patch of “a, b” at kqv_out, layers 2–4, rows 3,5-7,-3--1");
    EXPECT_EQ(describe(item<Patch>("patch:@layers=5")),
              "patch of each string's donor, layer 5, all rows");
}

TEST(Settings, ParseTheSameInEveryLocale) {
    const char* old = std::setlocale(LC_ALL, nullptr);
    const std::string saved = old == nullptr ? "C" : old;
    std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is not installed nothing changes
    EXPECT_EQ(item<SetTemperature>("temp:0.5").value, 0.5F);
    EXPECT_EQ(to_spec({"w", {SetTemperature{0.5F}}}), "w=temp:0.5");
    std::setlocale(LC_ALL, saved.c_str());
}

TEST(ToSpec, QuotesOnlyWhereNeeded) {
    const World world{
        "w",
        {UseLora{"a b.gguf", 0.5F, Scope::written}, Steer{"s:2", 1.0F, {-1, 4}, Scope::all},
         Force{0, " London", {}}, Force{1, "@x", {}}, Force{2, "", {5, 6}}}};
    EXPECT_EQ(to_spec(world),
              "w=lora:a b.gguf:0.5@scope=written,steer:\"s:2\"@layers=-4,do:0: London,"
              "do:1:\"@x\",do:2:5 6@as=tokens");
}

TEST(Describe, SaysWhatChanges) {
    EXPECT_EQ(describe(Steer{"v/sad.gguf", 1.5F, {8, 12}, Scope::written}),
              "steer sad.gguf × 1.5, layers 8–12, written");
    EXPECT_EQ(describe(Ablate{"sad.gguf", 1.0F, {3, 3}, Scope::all}), "ablate sad.gguf, layer 3");
    EXPECT_EQ(describe(Ablate{"sad.gguf", 1.0F, {3, -1}, Scope::all}),
              "ablate sad.gguf, layers from 3");
    EXPECT_EQ(describe(Affine{"m.gguf", 0.5F, {}, Scope::prompt}), "affine m.gguf × 0.5, prompt");
    EXPECT_EQ(describe(Heads{"h.gguf", 5.0F, {8, 12}, Scope::all}),
              "heads h.gguf × 5, layers 8–12");
    EXPECT_EQ(describe(Nudge{1e-6F, {0, 0}, Scope::all, 2}), "nudge × 1e-06, layer 0, seed 2");
    EXPECT_EQ(describe(UseWeights{"f16"}), "weights as f16");
    EXPECT_EQ(describe(Force{2, " a\nb", {}}), "do at 2: “ a↵b”");
    EXPECT_EQ(describe(Prefix{"\x1b[31m"}), "prefix “\uFFFD[31m”");
    EXPECT_EQ(describe(World{"w", {SetTopK{3}, CacheKeys{"q8_0"}}}),
              "w: top-k 3; cached keys q8_0");
    // A cut inside "é" would leave half a character.
    EXPECT_EQ(describe(Suffix{std::string(47, 'x') + "éé"}),
              "suffix “" + std::string(47, 'x') + "…”");
}

/// Random worlds made of what is hard to write down.
class RandomWorlds {
public:
    World world() {
        World made{"w" + std::to_string(engine_() % 1000), {}};
        for (std::size_t i = 0, n = 1 + engine_() % 4; i < n; ++i) {
            made.interventions.push_back(intervention());
        }
        return made;
    }

private:
    std::size_t below(std::size_t n) { return engine_() % n; }

    std::string text() {
        static constexpr std::array<const char*, 24> kPieces = {
            "\"",  ",",          ":",           "@",    ";",          "=",   "\n",  "\r",
            " ",   "é",          "日本",        "🙂",   "a",          "0.5", "inf", "nan",
            "do:", "@scope=all", "@layers=1-2", ":1.5", "@as=tokens", "\\",  "-",   "\t"};
        std::string made;
        for (std::size_t i = 0, n = 1 + below(6); i < n; ++i) {
            made += kPieces.at(below(kPieces.size()));
        }
        return made;
    }

    float number() {
        std::uint32_t bits = 0;
        float value = 0.0F;
        do {
            bits = static_cast<std::uint32_t>(engine_());
            std::memcpy(&value, &bits, sizeof value);
        } while (!std::isfinite(value));
        return below(4) == 0 ? 1.0F : value;
    }

    float share() { return std::ldexp(static_cast<float>(1 + below(1U << 24U)), -24); }

    LayerRange layers() {
        const int first = static_cast<int>(below(30)) - 1;
        const int last = below(3) == 0 ? -1 : first + static_cast<int>(below(4));
        return {first, last};
    }

    std::vector<RowRange> rows() {
        std::vector<RowRange> made;
        for (std::size_t i = 0, n = below(4); i < n; ++i) {
            const int first = static_cast<int>(below(9));
            const int last = first + static_cast<int>(below(3));
            made.push_back(below(2) == 0 ? RowRange{first, last} : RowRange{-1 - last, -1 - first});
        }
        return made;
    }

    Scope scope() { return static_cast<Scope>(below(3)); }

    Intervention intervention() {
        switch (below(20)) {
            case 0:
                return UseModel{text()};
            case 1:
                return UseLora{text(), number(), scope()};
            case 2:
                return Steer{text(), number(), layers(), scope()};
            case 3:
                return Ablate{text(), number(), layers(), scope()};
            case 4:
                return SystemPrompt{below(5) == 0 ? "" : text()};
            case 5:
                return Prefix{text()};
            case 6:
                return Suffix{text()};
            case 7:
                return Force{static_cast<int>(below(1U << 31U)), text(), {}};
            case 8:
                return Force{0, "", Tokens{static_cast<Token>(below(1U << 31U)), 0}};
            case 9:
                return SetTemperature{std::abs(number())};
            case 10:
                return SetTopK{static_cast<int>(below(1000))};
            case 11:
                return below(2) == 0 ? Intervention{SetTopP{share()}} : SetMinP{share()};
            case 12:
                return below(2) == 0 ? Intervention{CacheKeys{"q8_0"}} : CacheValues{"q8_0"};
            case 13:
                return Affine{text(), number(), layers(), scope()};
            case 14:
                return Heads{text(), number(), layers(), scope()};
            case 15:
                return Nudge{share(), layers(), scope(), static_cast<int>(below(1000))};
            case 18:
                return Patch{below(3) == 0 ? "" : text(),
                             below(2) == 0 ? "l_out" : "kqv_out",
                             {static_cast<int>(below(30)), -1},
                             rows()};
            case 17:
                return below(2) == 0 ? Bias{"", static_cast<Token>(below(1U << 31U)), number()}
                                     : Bias{text(), -1, -std::numeric_limits<float>::infinity()};
            case 16:
                return UseWeights{"f32"};
            default:
                return FlashAttention{"auto"};
        }
    }

    std::mt19937_64 engine_{20240607};
};

TEST(ToSpec, ParsesBackToTheSameWorld) {
    RandomWorlds worlds;
    std::set<std::size_t> kinds_met;
    for (int i = 0; i < 20000; ++i) {
        const World world = worlds.world();
        const std::string spec = to_spec(world);
        ASSERT_NO_THROW(ASSERT_EQ(parse_world(spec), world) << spec) << spec;
        for (const auto& item : world.interventions) {
            kinds_met.insert(item.index());
        }
    }
    EXPECT_EQ(kinds_met.size(), std::variant_size_v<Intervention>);
}

TEST(ToSpec, WithoutQuotesItWouldNotParseBack) {
    // The control: the same text bare is another world or none.
    const World world{"w", {Prefix{"a@scope=all"}}};
    EXPECT_THAT(complaint("w=prefix:a@scope=all"), HasSubstr("no options for prefix"));
    EXPECT_EQ(parse_world(to_spec(world)), world);
    EXPECT_NE(parse_world("w=lora:a:1"), (World{"w", {UseLora{"a:1", 1.0F, Scope::all}}}));
}

}  // namespace
}  // namespace otherwise
