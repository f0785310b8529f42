document.getElementById('out').textContent = 'script runs';
fetch('/.well-known/about.txt').then(a => a.text()).then(t => { document.getElementById('known').textContent = t; });
