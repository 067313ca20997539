"""Check all of params.yaml before any stage starts, as `tagline check` does; see `tagline.project.program`.

python stages/check.py
"""

from tagline.terminal import exit_with_message, prepare_process

if __name__ == "__main__":
    prepare_process()

from tagline.project.program import check

if __name__ == "__main__":
    exit_with_message(check)
