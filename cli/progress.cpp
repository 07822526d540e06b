#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "otherwise/console/glyphs.h"
#include "otherwise/console/strings.h"

namespace otherwise::cli {
namespace {

constexpr int kBarWidth = 20;
constexpr auto kInterval = std::chrono::milliseconds(100);

std::string bar(std::int64_t done, std::int64_t total) {
    const auto full =
        static_cast<int>(kBarWidth * std::clamp<std::int64_t>(done, 0, total) / total);
    std::string text;
    for (int i = 0; i < kBarWidth; ++i) {
        text += i < full ? "━" : "─";
    }
    return text + "  ";
}

}  // namespace

std::string hooks_text(const BackendTime& time) {
    return time.hooks > 0.0 ? fmt::format("; hooks took {:.1f} % on top of the model's time",
                                          100.0 * time.hooks_share())
                            : "";
}

std::string duration_text(double seconds) {
    const auto all = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
    if (all < 60) {
        return fmt::format("{} s", all);
    }
    if (all < 3600) {
        return fmt::format("{} min {} s", all / 60, all % 60);
    }
    return fmt::format("{} h {} min", all / 3600, all % 3600 / 60);
}

std::string progress_line(std::int64_t done, std::int64_t total, double seconds, int width,
                          const std::string& unit) {
    std::string counts =
        total > 0 ? fmt::format("{}/{} {}", done, total, unit) : fmt::format("{} {}", done, unit);
    if (done > 0 && seconds > 0.0) {
        const double rate = static_cast<double>(done) / seconds;
        counts += fmt::format("  {:.{}f}/s", rate, rate < 100.0 ? 1 : 0);
        if (total > done) {
            counts += "  " + duration_text(static_cast<double>(total - done) / rate) + " left";
        }
    }
    const std::string with_bar = total > 0 ? bar(done, total) + counts : counts;
    const std::string& line = console::display_width(with_bar) <= width ? with_bar : counts;
    return console::paint(console::keep_head(console::cells_of(line), width), false);
}

Progress::Progress(std::int64_t total, std::FILE* stream, Options options)
    : total_(total), stream_(stream), now_(std::move(options.now)), unit_(std::move(options.unit)) {
    visible_ = options.visible.value_or(::isatty(::fileno(stream)) != 0);
    if (!now_) {
        now_ = [] { return Clock::now(); };
    }
    start_ = now_();
}

void Progress::update(std::int64_t done, std::int64_t total) {
    total_ = total;
    if (!visible_) {
        return;
    }
    const auto now = now_();
    if (drawn_ && now - *drawn_ < kInterval) {
        return;
    }
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const auto line =
        progress_line(done, total_, seconds, console::style_for(stream_).width - 1, unit_);
    std::fputs(("\r\x1b[2K" + line).c_str(), stream_);
    std::fflush(stream_);
    drawn_ = now;
    on_screen_ = true;
}

void Progress::clear() {
    if (on_screen_) {
        std::fputs("\r\x1b[2K", stream_);
        std::fflush(stream_);
        on_screen_ = false;
    }
}

}  // namespace otherwise::cli
