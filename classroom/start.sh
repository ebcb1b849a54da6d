#!/bin/sh
# Gives the learner those notebooks of the course that their folder lacks, so that what they have written
# stays, and starts their Jupyter: below a hub as its server, else JupyterLab by itself.
set -e
mkdir -p "$HOME/course"
cp --recursive --update=none /opt/course/. "$HOME/course"
cd "$HOME/course"
if [ -n "$JUPYTERHUB_API_TOKEN" ]; then
    exec jupyterhub-singleuser "$@"
fi
exec jupyter lab --ip=0.0.0.0 --no-browser "$@"
