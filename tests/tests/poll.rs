use std::process::ExitCode;

fn main() -> ExitCode {
    asys_tests::suite::main(asys_tests::cases::poll::FAMILY)
}
