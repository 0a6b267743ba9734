#!/bin/sh
# The main job from beginning to end, in a repository of its own: ./demo-journal (or the folder named first).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-demo-journal}

if [ -e "$folder" ]; then
    if [ ! -f "$folder/.made-by-gitjournal-demo" ]; then
        echo "$folder is there already and is not from an earlier demo; name another folder" >&2
        exit 1
    fi
    rm -rf "$folder"
fi
mkdir -p "$folder/data"
cd "$folder"
touch .made-by-gitjournal-demo
cp "$here/penguins.csv" data/

# a name for the commits of this repository alone, where git knows none
git init -q .
git config user.name >/dev/null || git config user.name "Demo"
git config user.email >/dev/null || git config user.email "demo@example.org"

say() { printf '\n# %s\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }
new() { printf '$ gitjournal new'; for word; do case $word in *[!A-Za-z0-9_.,:/=-]*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac; done
    printf '\n'; path=$(gitjournal -q new --no-edit "$@"); echo "$path"; id=${path%.md}; id=${id##*-}; }

say "A journal is a branch of your own repository, checked out in a folder."
show gitjournal init

say "The first question, on the handwritten digits that ship with scikit-learn. A line of YAML a key; it runs as written."
new "A linear model reads digits" --data sklearn:digits -e StandardScaler -e "LogisticRegression: {max_iter: 1000}" \
    --hypothesis "Digits are nearly linearly separable in 64 pixels" --tag digits
linear=$id
show gitjournal exec "$linear"

say "The second one, with a grid and the first as its baseline."
new "An RBF machine beats it" --data sklearn:digits -e SVC -g "svc__gamma={log: [1e-4, 1e-2, 3]}" -g svc__C=1,10 \
    --baseline "$linear" --hypothesis "Neighbouring pixels interact" --tag digits
rbf=$id page=$path
show gitjournal exec "$rbf"

say "Asked again, it costs nothing: what the journal has is not run a second time."
show gitjournal exec "$rbf"

say "A CSV with words, numbers and gaps: name the column to predict."
new "Can we tell penguins apart?" --data data/penguins.csv --target species --tag penguins
show gitjournal exec "$id"

if python -c 'import importlib.util as u, sys; sys.exit(u.find_spec("keras") is None)' 2>/dev/null; then
    say "The digits as images of 8 by 8 pixels, and a small convolutional network; every layer is declared."
    python -c 'import numpy, sklearn.datasets as d; X, y = d.load_digits(return_X_y=True)
numpy.savez("data/digits.npz", X=(X / 16).reshape(-1, 8, 8, 1).astype("float32"), y=y)'
    new "A small network reads digits" --data data/digits.npz --metric accuracy --metric loss --tag digits -e "Sequential: {
layers: [{Conv2D: {filters: 32, kernel_size: 3, activation: relu}}, Flatten, {Dense: {units: \$n_classes, activation: softmax}}],
optimizer: {Adam: {learning_rate: 0.01}}, loss: sparse_categorical_crossentropy, fit: {epochs: 8, batch_size: 64}}"
    show gitjournal exec "$id"
else
    say "Networks need Keras, which is not installed here: pip install 'gitjournal[keras]'."
fi

say "What do we know by now?"
show gitjournal ls
show git --no-pager log --oneline journal

say "One entry, as it stands in lab/ and as anyone can read it on the branch."
show cat "$page"

say "Your own files were not touched; all of this is in $folder. Go on there: gitjournal show $rbf"
