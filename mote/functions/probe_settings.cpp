#include <mote/functions/probe_settings.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/detail/setting_text.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>

namespace mote::functions {
namespace {

constexpr std::chrono::hours longest{1};
constexpr std::uint32_t most_failures = 1000;

/// The annotations of one probe, read one after the other.
class reader {
public:
    reader(const text_map& annotations, std::string_view which)
        : annotations_(annotations), prefix_("com.openfaas." + std::string(which) + ".http.") {}

    void path(std::string& into) const {
        const auto* const text = find("path");
        if (text == nullptr) return;
        const auto is_odd = [](char c) { return c <= ' ' || c >= 127 || c == '#'; };
        if (!text->starts_with('/') || std::ranges::any_of(*text, is_odd))
            refuse("path", *text, "a path that begins with /");
        into = *text;
    }
    void time(const std::string& name, bool may_be_zero, std::chrono::nanoseconds& into) const {
        const auto* const text = find(name);
        if (text == nullptr) return;
        const auto found = detail::seconds_or_duration(*text);
        if (!found || (found->count() == 0 && !may_be_zero) || *found > longest)
            refuse(name, *text, "seconds, or a duration such as 500ms, up to 1h");
        into = *found;
    }
    void number(const std::string& name, std::uint32_t& into) const {
        const auto* const text = find(name);
        if (text == nullptr) return;
        const auto found = detail::whole(*text);
        if (!found || *found == 0 || *found > most_failures) refuse(name, *text, "1 to 1000");
        into = *found;
    }

private:
    const std::string* find(const std::string& name) const {
        const auto found = annotations_.find(prefix_ + name);
        return found == annotations_.end() ? nullptr : &found->second;
    }
    [[noreturn]] void refuse(const std::string& name, const std::string& text, const std::string& wanted) const {
        throw_error(errc::bad_setting,
                    "annotation " + prefix_ + name + " " + detail::quoted(text) + ": expected " + wanted);
    }

    const text_map& annotations_;
    std::string prefix_;
};

}  // namespace

probe_settings probe_settings::of(const text_map& annotations, std::string_view which) {
    probe_settings result;
    const reader from(annotations, which);
    from.path(result.path);
    from.time("initialDelay", true, result.initial_delay);  // as it was called before
    from.time("initialDelaySeconds", true, result.initial_delay);
    from.time("periodSeconds", false, result.period);
    from.time("timeoutSeconds", false, result.timeout);
    from.number("failureThreshold", result.failures);
    return result;
}

probe_settings probe_settings::of(const description& what, std::string_view which) {
    return what.wanted.annotations ? of(*what.wanted.annotations, which) : probe_settings();
}

}  // namespace mote::functions
