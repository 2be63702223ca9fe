#include <mote/process/error.hpp>

#include <string>

namespace mote::process {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "mote.process"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::program_not_found: return "program not found";
            case errc::cannot_start: return "cannot start the program";
            case errc::bad_command: return "invalid command";
            case errc::no_sandbox: return "no sandbox";
            case errc::bad_limit: return "invalid limit";
            case errc::no_answer: return "no answer in time";
            case errc::too_many_processes: return "too many processes";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& process_category() noexcept {
    static const category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), process_category()}; }

void throw_error(errc code, std::string_view detail) {
    if (detail.empty()) throw boost::system::system_error(code);
    throw boost::system::system_error(code, std::string(detail));
}

}  // namespace mote::process
